/* A mark of 16 bits for every 16 bytes of address space. */
#include "marks.h"

/* The table has four times as many entries as regions, or it would clot. */
static size_t table_size(size_t region_capacity)
{
    size_t size = 4;
    while (size < 4 * region_capacity) {
        size *= 2;
    }
    return size;
}

enum status marks_prepare(struct marks *marks, uint64_t span_bytes,
                          layer_scratch *scratch, struct reason *reason)
{
    const size_t capacity =
        (size_t)((span_bytes + MARK_REGION_BYTES - 1) / MARK_REGION_BYTES);
    const size_t size = table_size(capacity);
    *marks = (struct marks){
        .table_mask = size - 1,
        .region_capacity = capacity,
        .table = scratch(size * sizeof *marks->table, reason),
    };
    if (marks->table) {
        marks->pool =
            scratch(capacity * MARKS_OF_REGION * sizeof *marks->pool, reason);
    }
    return marks->pool ? STATUS_OK : STATUS_FAILED;
}

uint16_t *marks_cover(struct marks *marks, const void *block)
{
    const uint64_t address = (uint64_t)(uintptr_t)block;
    struct mark_region *region =
        marks_region(marks, address / MARK_REGION_BYTES);
    if (region->number == 0) {
        if (marks->region_count == marks->region_capacity) {
            return NULL;
        }
        *region = (struct mark_region){
            .number = address / MARK_REGION_BYTES,
            .marks = marks->pool + marks->region_count++ * MARKS_OF_REGION,
        };
    }
    return marks_within(region, address);
}
