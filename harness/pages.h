/* Page truth: which resident pages hold a live byte, and which hold none.
 *
 * Joins two maps that no allocator can argue with: the addresses that the
 * workload holds and the pages that the kernel keeps in memory. One map per
 * process; used between phases only: clear, add the mappings, mark the live
 * blocks, sum.
 */
#ifndef GIVEBACK_PAGES_H
#define GIVEBACK_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "page_units.h"
#include "sample.h"
#include "status.h"

struct page_map;

/* A map of up to `page_capacity` mapped pages, in scratch; NULL with the
 * reason when there is no memory. */
struct page_map *page_map_create(uint64_t page_capacity,
                                 struct reason *reason);

void page_map_clear(struct page_map *map);

/* Adds a mapping; a `mapping_visitor` (meter.h), so in ascending order.
 * `context` is the map. */
void page_map_add(void *context, uint64_t start, uint64_t page_count,
                  const uint64_t *resident);

/* Marks the pages under a live block; a `block_visitor` (workload.h). Pages
 * that are not resident hold no live byte here. */
void page_map_mark(void *context, const void *block, size_t size);

/* Sums up, by address too into `units`, which are empty; NULL: without. Of a
 * place in the report it knows nothing: `first_unit` stays UNKNOWN. False, and
 * all UNKNOWN, if the mappings did not fit. */
bool page_map_sum(const struct page_map *map, struct pages *pages,
                  struct page_units *units);

#endif
