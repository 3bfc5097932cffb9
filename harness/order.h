/* One cell as the worker is told to run it. */
#ifndef GIVEBACK_ORDER_H
#define GIVEBACK_ORDER_H

#include <stdint.h>

/* The texts are owned by whoever made the order. */
struct order {
    const char *allocator; /* an address */
    const char *workload;  /* an address */
    const char *kind;      /* kinds.h; "identify" only attaches */
    const char *after;     /* regime.h; NULL where the kind has none */
    uint64_t seed;
    uint64_t settle_ns; /* how long the regime lasts */
};

#endif
