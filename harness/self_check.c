/* Whether an allocator's blocks can be used at all.
 *
 * The kinds that measure write every block and never read it back, so blocks
 * that overlap would give figures, and good ones. Invariant: every byte of a
 * live block is what `wanted_byte` says, which differs from block to block.
 * The check's own table is scratch; its requests are the same everywhere.
 */
#include "self_check.h"

#include <inttypes.h>

#include "random.h"
#include "scratch.h"

enum {
    BLOCK_COUNT = 2048, /* some pages of every size class, 4 MiB in all */
    BLOCK_BYTES_MAX = 4096,
    FIRST_BYTES = 16,  /* the first request: an ordinary one */
    ALIGNMENT_MAX = 8, /* pymalloc aligned to 8 till 3.6 */
};

struct block {
    unsigned char *start;
    size_t size;
    uint64_t stamp; /* what its contents come from */
};

struct check {
    const struct allocator_calls *heap;
    struct report *report;
    struct block *blocks;
    struct random random;
};

static unsigned char wanted_byte(const struct block *block, size_t i)
{
    return (unsigned char)(block->stamp >> (i % 8 * 8) ^ i / 8);
}

/* C11 7.22.3: a block suits any object of its size, and none that small
 * wants more than the largest power of two within it. */
static size_t alignment_of(size_t size)
{
    size_t alignment = 1;
    while (2 * alignment <= size && 2 * alignment <= ALIGNMENT_MAX) {
        alignment *= 2;
    }
    return alignment;
}

static enum status make(struct check *check, struct block *block, size_t size)
{
    struct reason *reason = &check->report->reason;
    *block = (struct block){check->heap->alloc(size), size,
                            random_next(&check->random)};
    if (!block->start) {
        return explain(reason, STATUS_FAILED, "alloc(%zu) returned NULL",
                       size);
    }
    if ((uintptr_t)block->start % alignment_of(size) != 0) {
        return explain(reason, STATUS_FAILED,
                       "alloc(%zu) returned a misaligned block: 0x%" PRIxPTR
                       " is no multiple of %zu",
                       size, (uintptr_t)block->start, alignment_of(size));
    }
    for (size_t i = 0; i < size; i++) {
        block->start[i] = wanted_byte(block, i);
    }
    check->report->operations++;
    return STATUS_OK;
}

static enum status verify(const struct check *check, const struct block *block)
{
    for (size_t i = 0; i < block->size; i++) {
        if (block->start[i] != wanted_byte(block, i)) {
            return explain(&check->report->reason, STATUS_FAILED,
                           "byte %zu of a block of %zu bytes changed while "
                           "others were in use: blocks overlap or are too "
                           "small",
                           i, block->size);
        }
    }
    return STATUS_OK;
}

/* Makes the blocks first, first + step, ... */
static enum status make_all(struct check *check, size_t first, size_t step)
{
    for (size_t i = first; i < BLOCK_COUNT; i += step) {
        const size_t size =
            i == 0 ? FIRST_BYTES
                   : 1 + random_below(&check->random, BLOCK_BYTES_MAX);
        if (make(check, &check->blocks[i], size) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    return STATUS_OK;
}

/* Releases the blocks first, first + step, ..., each read back before. */
static enum status release_all(struct check *check, size_t first, size_t step)
{
    for (size_t i = first; i < BLOCK_COUNT; i += step) {
        if (verify(check, &check->blocks[i]) != STATUS_OK) {
            return STATUS_FAILED;
        }
        check->heap->release(check->blocks[i].start);
        check->report->operations++;
    }
    return STATUS_OK;
}

enum status self_check(const struct allocator_calls *heap,
                       struct report *report)
{
    struct check check = {
        .heap = heap,
        .report = report,
        .blocks =
            scratch_map(BLOCK_COUNT * sizeof *check.blocks, &report->reason),
        .random = random_seeded(0),
    };
    /* Every second one goes and comes again: blocks used twice. */
    return check.blocks && make_all(&check, 0, 1) == STATUS_OK &&
                   release_all(&check, 1, 2) == STATUS_OK &&
                   make_all(&check, 1, 2) == STATUS_OK &&
                   release_all(&check, 0, 1) == STATUS_OK
               ? STATUS_OK
               : STATUS_FAILED;
}
