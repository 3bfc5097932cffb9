/* Pools: the ring of part-full pools of a class, blocks that come and go.
 *
 * Part of an instantiation (see size_class.h). A pool grows one block at a
 * time: memory behind `fresh` was never touched.
 */
#ifndef PYMALLOC_POOL_H
#define PYMALLOC_POOL_H

#include <assert.h>

#include "heap.h"
#include "size_class.h"

#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)

static inline struct pool *pool_of(const struct pymalloc *heap,
                                   const void *block)
{
    (void)heap;
    return (struct pool *)((uintptr_t)block & ~(uintptr_t)(POOL_SIZE - 1));
}

static inline void ring_insert_first(struct pool_link *ring,
                                     struct pool_link *link)
{
    link->prev = ring;
    link->next = ring->next;
    ring->next->prev = link;
    ring->next = link;
}

static inline void ring_remove(struct pool_link *link)
{
    link->prev->next = link->next;
    link->next->prev = link->prev;
}

/* Makes one never used block free, else takes the full pool off its ring. In
 * line: a first fill comes here at every call. */
static inline void pool_grow(const struct pymalloc *heap, struct pool *pool)
{
    (void)heap;
    if (pool->fresh > pool->fresh_max) {
        ring_remove(&pool->link);
        return;
    }
    struct block *block = (struct block *)((char *)pool + pool->fresh);
    block->next = NULL;
    pool->free = block;
    pool->fresh += (uint32_t)BLOCK_SIZE(pool->size_class);
}

/* Opens an empty pool for a class and returns its first block. A pool that
 * served this class before goes on with its free list: the order in which its
 * blocks were freed survives emptiness. */
static struct block *pool_open(const struct pymalloc *heap, struct pool *pool,
                               uint32_t size_class)
{
    (void)heap;
    pool->live_count = 1;
    if (pool->size_class == size_class) {
        struct block *block = pool->free;
        pool->free = block->next;
        assert(pool->free != NULL);
        return block;
    }
    const uint32_t block_size = (uint32_t)BLOCK_SIZE(size_class);
    struct block *first = (struct block *)((char *)pool + POOL_HEADER);
    struct block *second = (struct block *)((char *)first + block_size);
    second->next = NULL;
    pool->size_class = size_class;
    pool->free = second;
    pool->fresh = (uint32_t)POOL_HEADER + 2 * block_size;
    pool->fresh_max = (uint32_t)POOL_SIZE - block_size;
    return first;
}

#endif
