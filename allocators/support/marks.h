/* A mark of 16 bits for every 16 bytes of address space: how a layer knows a
 * block again that comes back by its address alone.
 *
 * Invariant: all memory is taken at the start, as scratch, so that a mark
 * moves no figure; 16 bytes of blocks cost 2 of marks. Blocks of 16 bytes and
 * more never share a mark. Which MiB of address space are covered is decided
 * as blocks turn up there; one that was covered stays so.
 */
#ifndef GIVEBACK_SUPPORT_MARKS_H
#define GIVEBACK_SUPPORT_MARKS_H

#include <stddef.h>
#include <stdint.h>

#include "layer.h"

enum {
    MARK_GRANULE_BYTES = 16,
    MARK_REGION_BYTES = 1 << 20,
    MARKS_OF_REGION = MARK_REGION_BYTES / MARK_GRANULE_BYTES,
};

/* A covered MiB. */
struct mark_region {
    uint64_t number; /* its address / 1 MiB; 0, which holds no block: empty */
    uint16_t *marks; /* MARKS_OF_REGION of them, 0 at first */
};

struct marks {
    struct mark_region *table; /* open addressing, at most a quarter full */
    size_t table_mask;
    uint16_t *pool; /* of all regions */
    size_t region_count, region_capacity;
};

/* Takes the memory for as many MiB as `span_bytes` begins. STATUS_FAILED with
 * the reason where there is not enough. */
enum status marks_prepare(struct marks *marks, uint64_t span_bytes,
                          layer_scratch *scratch, struct reason *reason);

/* The entry of a MiB, or the empty one where it belongs. Neighbours stand
 * side by side, so a heap in one piece never collides with itself. */
static inline struct mark_region *marks_region(const struct marks *marks,
                                               uint64_t number)
{
    size_t i = number & marks->table_mask;
    while (marks->table[i].number != number && marks->table[i].number != 0) {
        i = (i + 1) & marks->table_mask;
    }
    return &marks->table[i];
}

static inline uint16_t *marks_within(const struct mark_region *region,
                                     uint64_t address)
{
    return &region->marks[address / MARK_GRANULE_BYTES % MARKS_OF_REGION];
}

/* The mark of a block's address; NULL where its MiB is not covered. */
static inline uint16_t *marks_find(const struct marks *marks,
                                   const void *block)
{
    const uint64_t address = (uint64_t)(uintptr_t)block;
    const struct mark_region *region =
        marks_region(marks, address / MARK_REGION_BYTES);
    return region->number ? marks_within(region, address) : NULL;
}

/* Covers the MiB of a block's address and returns its mark; NULL when the
 * span is used up. */
uint16_t *marks_cover(struct marks *marks, const void *block);

#endif
