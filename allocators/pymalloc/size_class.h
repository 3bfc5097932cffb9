/* Size classes, and the sizes that everything else follows from.
 *
 * An instantiation defines ALIGNMENT_SHIFT, SMALL_REQUEST_THRESHOLD, POOL_BITS
 * and ARENA_BITS before it includes this: as constants in preset_*.c, as
 * fields of the instance in fields_*.c, which costs 129 instead of 93
 * instructions per pair of malloc and free. So every function of an
 * instantiation has the instance at hand as `heap`.
 */
#ifndef PYMALLOC_SIZE_CLASS_H
#define PYMALLOC_SIZE_CLASS_H

#include "heap.h"

#define ALIGNMENT  ((size_t)1 << ALIGNMENT_SHIFT)
#define POOL_SIZE  ((size_t)1 << POOL_BITS)
#define ARENA_SIZE ((size_t)1 << ARENA_BITS)

#define ROUND_UP(bytes, step) (((bytes) + (step)-1) & ~((step)-1))

#define POOL_HEADER  ROUND_UP(sizeof(struct pool), ALIGNMENT)
#define SIZE_CLASSES (SMALL_REQUEST_THRESHOLD >> ALIGNMENT_SHIFT)

/* The class of a request, 1 <= size <= SMALL_REQUEST_THRESHOLD. */
#define SIZE_CLASS(size) ((uint32_t)(((size)-1) >> ALIGNMENT_SHIFT))

/* What a block of the class holds. */
#define BLOCK_SIZE(size_class) (((size_t)(size_class) + 1) << ALIGNMENT_SHIFT)

#endif
