/* The four calls, compiled once per preset and for sizes that are fields.
 *
 * Whoever instantiates it defines the sizes that size_class.h names, includes
 * the address test it wants (it defines is_ours and address_test) and then
 * this. What every call does stands here in full; whatever happens once per
 * pool is out of line.
 */
#ifndef PYMALLOC_CORE_H
#define PYMALLOC_CORE_H

#include <string.h>

#include "heap.h"
#include "pool.h"
#include "size_class.h"

/* The first block of an empty pool; raw where there is no arena. */
__attribute__((noinline)) static void *
malloc_of_empty_pool(struct pymalloc *heap, size_t size)
{
    struct pool *pool = heap->order->take_pool(heap);
    if (pool == NULL) {
        return raw_malloc(heap, size);
    }
    const uint32_t size_class = SIZE_CLASS(size);
    ring_insert_first(&heap->usedpools[size_class], &pool->link);
    return pool_open(heap, pool, size_class);
}

static void *core_malloc(void *context, size_t size)
{
    struct pymalloc *heap = context;
    if (UNLIKELY(size - 1 >= SMALL_REQUEST_THRESHOLD)) { /* 0 wraps round */
        return raw_malloc(heap, size);
    }
    struct pool_link *ring = &heap->usedpools[SIZE_CLASS(size)];
    if (UNLIKELY(ring->next == ring)) {
        return malloc_of_empty_pool(heap, size);
    }
    struct pool *pool = (struct pool *)ring->next;
    struct block *block = pool->free;
    pool->live_count++;
    pool->free = block->next;
    if (UNLIKELY(pool->free == NULL)) {
        pool_grow(heap, pool);
    }
    return block;
}

static void *core_calloc(void *context, size_t count, size_t size)
{
    struct pymalloc *heap = context;
    size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        return NULL;
    }
    if (bytes - 1 >= SMALL_REQUEST_THRESHOLD) {
        return raw_calloc(heap, count, size);
    }
    void *block = core_malloc(heap, bytes);
    return block != NULL ? memset(block, 0, bytes) : NULL;
}

/* A pool that was full has a free block again. */
__attribute__((noinline)) static void enter_ring(struct pymalloc *heap,
                                                 struct pool *pool)
{
    ring_insert_first(&heap->usedpools[pool->size_class], &pool->link);
}

/* A pool's last live block was freed. */
__attribute__((noinline)) static void leave_ring(struct pymalloc *heap,
                                                 struct pool *pool)
{
    ring_remove(&pool->link);
    heap->order->give_pool(heap, pool);
}

static void core_free(void *context, void *released)
{
    struct pymalloc *heap = context;
    if (UNLIKELY(released == NULL)) {
        return;
    }
    if (UNLIKELY(!is_ours(heap, released))) {
        raw_free(heap, released);
        return;
    }
    struct pool *pool = pool_of(heap, released);
    struct block *block = released;
    struct block *next = pool->free;
    assert(pool->live_count > 0);
    block->next = next;
    pool->free = block;
    pool->live_count--;
    if (UNLIKELY(next == NULL)) {
        enter_ring(heap, pool);
        return;
    }
    if (UNLIKELY(pool->live_count == 0)) {
        leave_ring(heap, pool);
    }
}

/* A block stays where it is while it fits and wastes less than a quarter. */
static void *core_realloc(void *context, void *block, size_t size)
{
    struct pymalloc *heap = context;
    if (block == NULL) {
        return core_malloc(heap, size);
    }
    if (!is_ours(heap, block)) {
        return raw_realloc(heap, block, size);
    }
    const size_t block_size = BLOCK_SIZE(pool_of(heap, block)->size_class);
    if (size <= block_size && 4 * size > 3 * block_size) {
        return block;
    }
    void *moved = core_malloc(heap, size);
    if (moved != NULL) {
        memcpy(moved, block, size < block_size ? size : block_size);
        core_free(heap, block);
    }
    return moved;
}

/* The four calls, for a table. */
#define CORE_CALLS                                                            \
    {                                                                         \
        .malloc = core_malloc, .calloc = core_calloc,                         \
        .realloc = core_realloc, .free = core_free                            \
    }

#endif
