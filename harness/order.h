/* One cell as the worker is told to run it. */
#ifndef GIVEBACK_ORDER_H
#define GIVEBACK_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The texts are owned by whoever made the order. */
struct order {
    const char *allocator; /* an address */
    const char *workload;  /* an address */
    const char *kind;      /* kinds.h; "identify" only attaches */
    const char *after;     /* regime.h; NULL where the kind has none */
    const char *billed;    /* memory_group.h; NULL: it is in none of its own */
    /* Of a fetched version: the file to load, NULL where the installed one or
     * none is; and the number that it must be. */
    const char *library, *version;
    uint64_t seed;
    uint64_t settle_ns;    /* how long the regime lasts */
    uint64_t memory_bytes; /* what a worker may hold; 0: as much as it gets */
};

/* One "key=value" argument of the worker: a text, empty for NULL, or a
 * number. The table ends in a row without a key. */
struct order_key {
    const char *key;
    bool is_number;
    size_t offset; /* in struct order */
};

extern const struct order_key order_keys[];

#endif
