/* Orders that no CPython has, to see what its own is worth.
 *
 * `lifo` never sorts: the arena that last became usable serves.
 * `most_free` is the reverse of CPython's: usable_arenas is in descending
 * order of free pools, so that blocks spread over all arenas.
 */
#include "usable_arenas.h"

/* ---- lifo --------------------------------------------------------------- */

static struct pool *take_pool_lifo(struct pymalloc *heap)
{
    return have_usable_arena(heap) ? take_pool_of_head(heap) : NULL;
}

static void give_pool_lifo(struct pymalloc *heap, struct pool *pool)
{
    struct arena *arena = put_back(heap, pool);
    if (is_to_be_given(heap, arena)) {
        give_arena(heap, arena);
    } else if (arena->nfreepools == 1) {
        insert_arena_first(heap, arena);
    }
}

/* ---- most_free ---------------------------------------------------------- */

/* Moves an arena behind all that have more free pools. */
static void move_right(struct pymalloc *heap, struct arena *arena)
{
    struct arena *left = arena;
    while (left->next != NULL && left->next->nfreepools > arena->nfreepools) {
        left = left->next;
        heap->scan_steps++;
    }
    if (left != arena) {
        unlink_arena(heap, arena);
        insert_arena_after(arena, left);
    }
}

/* Moves an arena before all that have fewer. */
static void move_left(struct pymalloc *heap, struct arena *arena)
{
    struct arena *left = arena->prev;
    while (left != NULL && left->nfreepools < arena->nfreepools) {
        left = left->prev;
        heap->scan_steps++;
    }
    if (left == arena->prev) {
        return;
    }
    unlink_arena(heap, arena);
    if (left != NULL) {
        insert_arena_after(arena, left);
    } else {
        insert_arena_first(heap, arena);
    }
}

static struct pool *take_pool_most_free(struct pymalloc *heap)
{
    if (!have_usable_arena(heap)) {
        return NULL;
    }
    struct arena *head = heap->usable_arenas;
    struct pool *pool = take_pool_of_head(heap);
    if (head->nfreepools > 0) {
        move_right(heap, head);
    }
    return pool;
}

static void give_pool_most_free(struct pymalloc *heap, struct pool *pool)
{
    struct arena *arena = put_back(heap, pool);
    if (is_to_be_given(heap, arena)) {
        give_arena(heap, arena);
    } else if (arena->nfreepools == 1) {
        insert_arena_first(heap, arena);
        move_right(heap, arena);
    } else {
        move_left(heap, arena);
    }
}

const struct arena_order order_lifo = {
    .take_pool = take_pool_lifo,
    .give_pool = give_pool_lifo,
    .knows_empty_arenas = true,
};

const struct arena_order order_most_free = {
    .take_pool = take_pool_most_free,
    .give_pool = give_pool_most_free,
    .knows_empty_arenas = true,
};
