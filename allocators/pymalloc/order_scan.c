/* 2.5 to 3.7: usable_arenas in ascending order of free pools, an arena's new
 * place found by a linear search.
 *
 * The fullest arenas are used up first, so that the emptiest get a chance to
 * become wholly free.
 */
#include "usable_arenas.h"

/* The order stays: the head had the fewest. */
static struct pool *take_pool(struct pymalloc *heap)
{
    return have_usable_arena(heap) ? take_pool_of_head(heap) : NULL;
}

/* The last arena to the right of `arena` with fewer free pools; `arena`
 * itself when it stands in order. */
static struct arena *last_with_fewer(struct pymalloc *heap,
                                     struct arena *arena)
{
    struct arena *left = arena;
    while (left->next != NULL && left->next->nfreepools < arena->nfreepools) {
        left = left->next;
        heap->scan_steps++;
    }
    return left;
}

static void give_pool(struct pymalloc *heap, struct pool *pool)
{
    struct arena *arena = put_back(heap, pool);
    if (is_to_be_given(heap, arena)) {
        give_arena(heap, arena);
        return;
    }
    if (arena->nfreepools == 1) {
        insert_arena_first(heap, arena);
        return;
    }
    struct arena *left = last_with_fewer(heap, arena);
    if (left != arena) {
        unlink_arena(heap, arena);
        insert_arena_after(arena, left);
    }
}

const struct arena_order order_scan = {
    .take_pool = take_pool,
    .give_pool = give_pool,
    .knows_empty_arenas = true,
    .keeps_empty_last = true,
};
