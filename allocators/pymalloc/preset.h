/* A preset: an instantiation whose sizes are constants, and what they keep.
 *
 * A preset_*.c defines the sizes, includes the address test it wants and then
 * this; what is left to say is one table.
 */
#ifndef PYMALLOC_PRESET_H
#define PYMALLOC_PRESET_H

#include "core.h"

_Static_assert(ALIGNMENT >= sizeof(struct block), "a free block holds a link");
_Static_assert(SMALL_REQUEST_THRESHOLD % ALIGNMENT == 0 &&
                   SIZE_CLASSES <= PYMALLOC_CLASSES_MAX,
               "every class is whole");
_Static_assert((POOL_SIZE - POOL_HEADER) / SMALL_REQUEST_THRESHOLD >= 2,
               "a pool that is opened has a second block");
_Static_assert(ARENA_SIZE / POOL_SIZE >= 3,
               "a misaligned arena is not empty as soon as it is not full");

#ifdef PYMALLOC_ADDRESS_INDEX_H
_Static_assert(POOL_SIZE <= 4096, "a pool must lie within a page");
#endif

/* What the table says of the instantiation. */
#define PRESET_SIZES                                                          \
    .alignment_bytes = ALIGNMENT, .threshold_bytes = SMALL_REQUEST_THRESHOLD, \
    .pool_bytes = POOL_SIZE, .arena_bytes = ARENA_SIZE,                       \
    .pool_header_bytes = POOL_HEADER

#endif
