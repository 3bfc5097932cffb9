/* The sizes of size_class.h as fields of the instance. */
#ifndef PYMALLOC_FIELDS_H
#define PYMALLOC_FIELDS_H

#define ALIGNMENT_SHIFT         (heap->fields.alignment_shift)
#define SMALL_REQUEST_THRESHOLD (heap->fields.threshold_bytes)
#define POOL_BITS               (heap->fields.pool_bits)
#define ARENA_BITS              (heap->fields.arena_bits)

#endif
