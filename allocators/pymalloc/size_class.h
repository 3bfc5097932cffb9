/* Size classes, and what the constants of an instantiation must keep.
 *
 * A preset_*.c defines ALIGNMENT, SMALL_REQUEST_THRESHOLD, POOL_SIZE and
 * ARENA_SIZE as constants before it includes this: shifts by a field instead
 * cost 129 instead of 93 instructions per pair of malloc and free. Every
 * function of an instantiation has the instance at hand as `heap`, so that
 * one whose constants are fields of it needs no other source.
 */
#ifndef PYMALLOC_SIZE_CLASS_H
#define PYMALLOC_SIZE_CLASS_H

#include "heap.h"

#define ROUND_UP(bytes, step) (((bytes) + (step)-1) / (step) * (step))

#define POOL_HEADER  ROUND_UP(sizeof(struct pool), ALIGNMENT)
#define SIZE_CLASSES (SMALL_REQUEST_THRESHOLD / ALIGNMENT)

/* The class of a request, 1 <= size <= SMALL_REQUEST_THRESHOLD. */
#define SIZE_CLASS(size) ((uint32_t)(((size)-1) / ALIGNMENT))

/* What a block of the class holds. */
#define BLOCK_SIZE(size_class) (((size_t)(size_class) + 1) * ALIGNMENT)

_Static_assert((ALIGNMENT & (ALIGNMENT - 1)) == 0 &&
                   ALIGNMENT >= sizeof(struct block),
               "a free block holds a link");
_Static_assert(SMALL_REQUEST_THRESHOLD % ALIGNMENT == 0 &&
                   SIZE_CLASSES <= PYMALLOC_CLASSES_MAX,
               "every class is whole");
_Static_assert((POOL_SIZE & (POOL_SIZE - 1)) == 0 && POOL_SIZE <= UINT32_MAX,
               "a pool is found by masking, offsets in it have 32 bits");
_Static_assert((POOL_SIZE - POOL_HEADER) / SMALL_REQUEST_THRESHOLD >= 2,
               "a pool that is opened has a second block");
_Static_assert(ARENA_SIZE / POOL_SIZE >= 3 && ARENA_SIZE % POOL_SIZE == 0,
               "a misaligned arena is not empty as soon as it is not full");

#endif
