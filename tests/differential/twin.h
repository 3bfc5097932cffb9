/* The clone and the oracle side by side: every call goes to both, and every
 * answer is compared at once.
 *
 * Compared: which arenas came and went, at which slots; the block's slot and
 * offset, or that it was raw; at checkpoints the statistics. Never compared:
 * addresses, time, RSS, the nodes of the radix tree.
 */
#ifndef GIVEBACK_DIFFERENTIAL_TWIN_H
#define GIVEBACK_DIFFERENTIAL_TWIN_H

#include <stddef.h>
#include <stdint.h>

#include "libpython.h"
#include "pymalloc.h"
#include "random.h"
#include "slots.h"

/* One live block, as the two know it. */
struct pair {
    void *ours, *theirs;
    size_t size;
};

struct twin {
    struct pymalloc *heap;
    struct pymalloc_allocator ours;
    struct libpython theirs;
    struct slots our_slots, their_slots;
    struct pair *pairs; /* the live blocks, in no order but a scenario's */
    size_t pair_count, pair_capacity;
    uint64_t calls;
    struct random random;
    char difference[256]; /* the first one; empty so far */
};

/* Each goes to both. A new block is the last of `pairs`. Freeing puts the
 * last block into the gap, or, in order, closes it up. After the first
 * difference nothing is called any more. */
void twin_malloc(struct twin *twin, size_t size);
void twin_calloc(struct twin *twin, size_t count, size_t size);
void twin_realloc(struct twin *twin, size_t index, size_t size);
void twin_free(struct twin *twin, size_t index);

/* Frees every block, first to last. */
void twin_free_all(struct twin *twin);

/* Frees NULL on both sides: nothing may happen. */
void twin_free_null(struct twin *twin);

/* Compares the statistics. */
void twin_checkpoint(struct twin *twin);

#endif
