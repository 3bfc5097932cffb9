/* A table of large blocks, each of a size of its own.
 *
 * Made for blocks of pages and for the few small ones that stand between them
 * and pin what is around: writing a block of 64 KiB takes microseconds, a
 * thousand times what the tally of its call takes, so every call is counted
 * at once and every answer is looked at. Small objects want support/objects.h.
 *
 * Invariant: a place with a start holds a live block, and its tally counts
 * it; every byte of the block was written.
 */
#ifndef GIVEBACK_SUPPORT_BLOCKS_H
#define GIVEBACK_SUPPORT_BLOCKS_H

#include "tally.h"

struct block {
    void *start; /* NULL: not live */
    size_t size;
};

struct blocks {
    struct block *places;
    size_t count;
};

/* Scratch for `count` blocks, none live; STATUS_FAILED, reason written, where
 * there is not enough. In `prepare`. */
enum status blocks_prepare(struct run *run, struct blocks *blocks,
                           size_t count);

/* Makes a block of `size` bytes in a place that is free and writes it.
 * STATUS_FAILED, reason written, where the allocator has none. */
enum status block_make(struct run *run, const struct allocator_calls *heap,
                       struct block *block, size_t size, struct tally *tally);

/* The same at a multiple of `alignment`, a power of two; needs CAN_ALIGNED. */
enum status block_make_aligned(struct run *run,
                               const struct allocator_calls *heap,
                               struct block *block, size_t alignment,
                               size_t size, struct tally *tally);

/* Grows a live block by the allocator's `resize` and writes what is new;
 * needs CAN_RESIZE. */
enum status block_resize(struct run *run, const struct allocator_calls *heap,
                         struct block *block, size_t size,
                         struct tally *tally);

/* Grows a live block into a new one: made, copied and written, and then the
 * old one is released. */
enum status block_move(struct run *run, const struct allocator_calls *heap,
                       struct block *block, size_t size, struct tally *tally);

/* Releases a live block; its place is free. */
void block_release(const struct allocator_calls *heap, struct block *block,
                   struct tally *tally);

/* Makes `block` if it is not live: pins outlive a drain, and a refill does not
 * make them again. */
enum status block_keep(struct run *run, const struct allocator_calls *heap,
                       struct block *block, size_t size, struct tally *tally);

/* Releases every live block, in the order of the table. */
void blocks_release(struct run *run, const struct allocator_calls *heap,
                    const struct blocks *blocks, struct tally *tally);

/* Visits every live block. */
void blocks_each_live(const struct blocks *blocks, block_visitor *visit,
                      void *context);

#endif
