/* Resident pages by address: in units of one size, of which there are few.
 *
 * Invariant: the units lie side by side or apart, ascending; each holds a
 * resident page; their pages add up to all that were added. Touches nothing
 * but the caller's memory: used by the worker between phases.
 */
#ifndef GIVEBACK_PAGE_UNITS_H
#define GIVEBACK_PAGE_UNITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAGE_UNITS = 128 }; /* of a sample, at most */

struct page_unit {
    uint64_t number; /* its address over the size of a unit */
    uint32_t live_pages, dead_pages;
};

struct page_units {
    struct page_unit *units; /* the caller's: room for PAGE_UNITS */
    size_t count;
    unsigned shift; /* a unit has 1 << shift pages */
};

/* Adds a resident page, ascending; `page` is its address over the size of a
 * page. Units begin as pages and double whenever there are too many, so that
 * they end with the least size that is few enough. */
void page_units_add(struct page_units *units, uint64_t page, bool live);

#endif
