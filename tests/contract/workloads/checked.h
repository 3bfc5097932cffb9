/* Blocks of many sizes whose contents are checked: what the contract
 * workloads share.
 *
 * Invariant: every byte of a live block is what `checked_byte` says, which
 * differs from block to block. So a block that overlaps another, that loses
 * its contents, or that its allocator writes into is found.
 */
#ifndef GIVEBACK_CONTRACT_CHECKED_H
#define GIVEBACK_CONTRACT_CHECKED_H

#include <inttypes.h>

#include "workload.h"

enum {
    SMALL_BYTES_MAX = 1024, /* every size from 1 up to it, COPIES times */
    COPIES = 2,
    LARGE_SHIFT_MIN = 12, /* then one block of each power of two */
    PUBLISH_EVERY = 256,  /* blocks */
};

struct block {
    unsigned char *start;
    size_t size;
    size_t alignment; /* for alloc_aligned; 0: what malloc promises */
    uint64_t stamp;   /* what its contents come from */
};

/* A table of blocks; those from `live_from` on are live. */
struct checked {
    struct block *blocks;
    size_t count, live_from;
    uint64_t live_bytes;
};

/* How a workload makes a block, and what it demands of it while it is new;
 * the reason is written where it does not hold. */
struct maker {
    void *(*make)(const struct allocator_calls *heap,
                  const struct block *block);
    enum status (*demand)(struct run *run, const struct allocator_calls *heap,
                          const struct block *block);
};

static inline unsigned char checked_byte(const struct block *block, size_t i)
{
    return (unsigned char)(block->stamp >> (i % 8 * 8) ^ i / 8);
}

/* Writes the bytes from `from` on. */
static inline void block_write(const struct block *block, size_t from)
{
    for (size_t i = from; i < block->size; i++) {
        block->start[i] = checked_byte(block, i);
    }
}

/* Whether the first `bytes` are as they were written. */
static inline enum status block_check(struct run *run,
                                      const struct block *block, size_t bytes,
                                      const char *when)
{
    for (size_t i = 0; i < bytes; i++) {
        if (block->start[i] != checked_byte(block, i)) {
            return run_fail(run,
                            "a block of %zu bytes lost its contents %s: byte "
                            "%zu is 0x%02x, not 0x%02x",
                            block->size, when, i, (unsigned)block->start[i],
                            (unsigned)checked_byte(block, i));
        }
    }
    return STATUS_OK;
}

static inline enum status
check_alignment(struct run *run, const struct block *block, size_t alignment)
{
    if ((uintptr_t)block->start % alignment != 0) {
        return run_fail(run,
                        "a block of %zu bytes at address 0x%" PRIxPTR
                        " is not aligned to %zu",
                        block->size, (uintptr_t)block->start, alignment);
    }
    return STATUS_OK;
}

/* Fisher and Yates; Knuth, The Art of Computer Programming 2, 3.4.2 P. */
static inline void blocks_shuffle(struct block *blocks, size_t count,
                                  struct random *random)
{
    for (size_t i = count; i > 1; i--) {
        const size_t j = random_below(random, i);
        const struct block held = blocks[i - 1];
        blocks[i - 1] = blocks[j];
        blocks[j] = held;
    }
}

/* A table with room for `count` blocks, all of size 0 with a stamp of their
 * own; STATUS_FAILED, reason written, where there is no memory. */
static inline enum status
checked_reserve(struct run *run, struct checked *checked, size_t count)
{
    *checked = (struct checked){.count = count, .live_from = count};
    checked->blocks = run_scratch(run, count * sizeof *checked->blocks);
    for (size_t i = 0; checked->blocks && i < count; i++) {
        checked->blocks[i].stamp = random_next(run_random(run));
    }
    return checked->blocks ? STATUS_OK : STATUS_FAILED;
}

/* Every small size COPIES times and the powers of two up to the given one,
 * in random order. */
static inline enum status checked_prepare(struct run *run,
                                          struct checked *checked,
                                          unsigned large_shift_max)
{
    const size_t small = (size_t)SMALL_BYTES_MAX * COPIES;
    const size_t large = large_shift_max - LARGE_SHIFT_MIN + 1;
    if (checked_reserve(run, checked, small + large) != STATUS_OK) {
        return STATUS_FAILED;
    }
    for (size_t i = 0; i < checked->count; i++) {
        checked->blocks[i].size =
            i < small ? i % SMALL_BYTES_MAX + 1
                      : (size_t)1 << (LARGE_SHIFT_MIN + i - small);
    }
    blocks_shuffle(checked->blocks, checked->count, run_random(run));
    return STATUS_OK;
}

static inline void checked_end_phase(struct run *run,
                                     const struct checked *checked,
                                     const char *name, uint64_t operations)
{
    const struct phase phase = {
        .name = name,
        .operations = operations,
        .live_blocks = checked->count - checked->live_from,
        .live_bytes = checked->live_bytes,
    };
    end_phase(run, &phase);
}

/* One new block: made, judged, written. */
static inline enum status checked_make(struct run *run,
                                       const struct allocator_calls *heap,
                                       const struct maker *maker,
                                       struct block *block)
{
    block->start = maker->make(heap, block);
    if (!block->start) {
        return run_fail(run, "a request for %zu bytes returned NULL",
                        block->size);
    }
    if (maker->demand && maker->demand(run, heap, block) != STATUS_OK) {
        return STATUS_FAILED;
    }
    block_write(block, 0);
    return STATUS_OK;
}

/* Makes every block of the table, then reads them all back. */
static inline enum status checked_fill(struct run *run,
                                       struct checked *checked,
                                       const struct allocator_calls *heap,
                                       const struct maker *maker,
                                       const char *phase)
{
    for (size_t i = 0; i < checked->count; i++) {
        struct block *block = &checked->blocks[i];
        if (checked_make(run, heap, maker, block) != STATUS_OK) {
            return STATUS_FAILED;
        }
        checked->live_bytes += block->size;
        if (i % PUBLISH_EVERY == 0) {
            publish(run, i, checked->live_bytes);
        }
    }
    checked->live_from = 0;
    for (size_t i = 0; i < checked->count; i++) {
        const struct block *block = &checked->blocks[i];
        if (block_check(run, block, block->size, "while others were made") !=
            STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    checked_end_phase(run, checked, phase, checked->count);
    return STATUS_OK;
}

/* Releases every block in another random order, each read back just before. */
static inline enum status checked_drain(struct run *run,
                                        struct checked *checked,
                                        const struct allocator_calls *heap,
                                        const char *phase)
{
    blocks_shuffle(checked->blocks, checked->count, run_random(run));
    for (size_t i = 0; i < checked->count; i++) {
        const struct block *block = &checked->blocks[i];
        if (block_check(run, block, block->size,
                        "while others were released") != STATUS_OK) {
            return STATUS_FAILED;
        }
        heap->release(block->start);
        checked->live_bytes -= block->size;
        checked->live_from = i + 1;
    }
    checked_end_phase(run, checked, phase, checked->count);
    return STATUS_OK;
}

static inline void checked_each_live(const struct checked *checked,
                                     block_visitor *visit, void *context)
{
    for (size_t i = checked->live_from; i < checked->count; i++) {
        visit(context, checked->blocks[i].start, checked->blocks[i].size);
    }
}

/* What a request of the contract workloads typically is. */
static inline size_t checked_request_bytes(const struct run *run)
{
    (void)run;
    return SMALL_BYTES_MAX / 2;
}

#endif
