/* 2.3: one list of the free pools of all arenas, else the newest arena is
 * carved on. So it never learns that an arena is empty.
 */
#include "usable_arenas.h"

static struct pool *take_pool(struct pymalloc *heap)
{
    struct pool *pool = heap->freepools;
    if (pool != NULL) {
        heap->freepools = pool->next_free;
        return pool;
    }
    return have_usable_arena(heap) ? take_pool_of_head(heap) : NULL;
}

static void give_pool(struct pymalloc *heap, struct pool *pool)
{
    pool->next_free = heap->freepools;
    heap->freepools = pool;
}

const struct arena_order order_newest = {
    .take_pool = take_pool,
    .give_pool = give_pool,
};
