/* From the addresses of live blocks to their numbers in a trace: a hash table
 * with open addressing, in memory of its own, which disturbs no heap.
 */
#ifndef GIVEBACK_RECORDER_BLOCK_NUMBERS_H
#define GIVEBACK_RECORDER_BLOCK_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct block_number {
    uintptr_t block; /* 0: empty */
    uint32_t number;
};

/* Zeroed, it is an empty table. */
struct block_numbers {
    struct block_number *entries;
    size_t capacity; /* a power of two; at most half of it is used */
    size_t count;
};

enum block_numbers_status {
    BLOCK_NUMBERS_PUT,
    BLOCK_NUMBERS_THERE, /* a live block has that address already */
    BLOCK_NUMBERS_FULL,  /* no memory to grow */
};

enum block_numbers_status block_numbers_put(struct block_numbers *numbers,
                                            const void *block,
                                            uint32_t number);

/* Forgets a block; its number, or NO_BLOCK when it is not known. */
uint32_t block_numbers_take(struct block_numbers *numbers, const void *block);

void block_numbers_free(struct block_numbers *numbers);

#endif
