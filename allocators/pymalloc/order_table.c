/* Since 3.8: the order of order_scan.c, an arena's new place found in a table.
 *
 * Invariant: last[k] is the rightmost arena of usable_arenas with k free
 * pools, NULL where there is none; 0 <= k <= pools of an arena.
 */
#include "usable_arenas.h"

static struct pool *take_pool(struct pymalloc *heap)
{
    if (!have_usable_arena(heap)) {
        return NULL;
    }
    struct arena *head = heap->usable_arenas;
    const uint32_t old_count = head->nfreepools;
    if (heap->last[old_count] == head) {
        heap->last[old_count] = NULL;
    }
    if (old_count > 1) {
        heap->last[old_count - 1] = head;
    }
    return take_pool_of_head(heap);
}

/* Takes `arena` out of the arenas with `count` free pools; returns the last
 * of them, `arena` included. */
static struct arena *leave_count(struct pymalloc *heap, struct arena *arena,
                                 uint32_t count)
{
    struct arena *last = heap->last[count];
    if (last == arena) {
        struct arena *prev = arena->prev;
        heap->last[count] =
            prev != NULL && prev->nfreepools == count ? prev : NULL;
    }
    return last;
}

static void give_pool(struct pymalloc *heap, struct pool *pool)
{
    struct arena *arena = put_back(heap, pool);
    const uint32_t count = arena->nfreepools;
    struct arena *left = leave_count(heap, arena, count - 1);
    if (is_to_be_given(heap, arena)) {
        give_arena(heap, arena);
        return;
    }
    if (heap->last[count] == NULL) {
        heap->last[count] = arena;
    }
    if (count == 1) {
        insert_arena_first(heap, arena);
    } else if (left != arena) {
        unlink_arena(heap, arena);
        insert_arena_after(arena, left);
    }
}

const struct arena_order order_table = {
    .take_pool = take_pool,
    .give_pool = give_pool,
    .knows_empty_arenas = true,
    .keeps_empty_last = true,
};
