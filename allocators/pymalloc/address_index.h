/* "Is this block ours?", up to 3.9: ask the header of the pool it would be in.
 *
 * That header may be memory that is not ours, even memory nobody has written:
 * whatever stands there is only believed when the arena it names contains the
 * block. It can be read at all because a pool is no larger than a page, which
 * is why pools could not grow before the radix tree. Part of an instantiation
 * (see size_class.h).
 */
#ifndef PYMALLOC_ADDRESS_INDEX_H
#define PYMALLOC_ADDRESS_INDEX_H

#include "heap.h"
#include "pool.h"

/* The index is read once: were it read twice, another thread that owns the
 * memory could change it between the check and the use. */
__attribute__((no_sanitize("address", "thread"))) static inline bool
is_ours(const struct pymalloc *heap, const void *block)
{
    const struct pool *pool = pool_of(heap, block);
    const uint32_t index = *(const volatile uint32_t *)&pool->arena_index;
    if (index >= heap->arena_slots) {
        return false;
    }
    const uintptr_t base = heap->arenas[index].base;
    return (uintptr_t)block - base < ARENA_SIZE && base != 0;
}

static bool open_nothing(struct pymalloc *heap)
{
    (void)heap;
    return true;
}

static void close_nothing(struct pymalloc *heap)
{
    (void)heap;
}

/* The vector of arenas is all there is to know. */
static bool add_nothing(struct pymalloc *heap, uintptr_t base)
{
    (void)heap;
    (void)base;
    return true;
}

static void remove_nothing(struct pymalloc *heap, uintptr_t base)
{
    (void)heap;
    (void)base;
}

static const struct address_test address_test = {
    .open = open_nothing,
    .close = close_nothing,
    .add = add_nothing,
    .remove = remove_nothing,
};

#endif
