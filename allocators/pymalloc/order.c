/* Which arena serves the next pool.
 *
 * Since 2.5 usable_arenas is kept in ascending order of free pools and its
 * head serves: the fullest arenas are used up first, so that the emptiest get
 * a chance to become wholly free. Python 2.3 knows one list of free pools for
 * all arenas, and so never learns that an arena is empty.
 */
#include "heap.h"

#include <assert.h>

static void push_freepool(struct pool **freepools, struct pool *pool)
{
    pool->link.next = *freepools != NULL ? &(*freepools)->link : NULL;
    *freepools = pool;
}

/* NULL when there is none. */
static struct pool *pop_freepool(struct pool **freepools)
{
    struct pool *pool = *freepools;
    if (pool != NULL) {
        *freepools = (struct pool *)pool->link.next;
    }
    return pool;
}

/* ---- usable_arenas ------------------------------------------------------ */

static void unlink_arena(struct pymalloc *heap, struct arena *arena)
{
    if (arena->prev != NULL) {
        arena->prev->next = arena->next;
    } else {
        assert(heap->usable_arenas == arena);
        heap->usable_arenas = arena->next;
    }
    if (arena->next != NULL) {
        arena->next->prev = arena->prev;
    }
}

static void insert_arena_first(struct pymalloc *heap, struct arena *arena)
{
    arena->prev = NULL;
    arena->next = heap->usable_arenas;
    if (arena->next != NULL) {
        arena->next->prev = arena;
    }
    heap->usable_arenas = arena;
}

static void insert_arena_after(struct arena *arena, struct arena *left)
{
    arena->prev = left;
    arena->next = left->next;
    left->next = arena;
    if (arena->next != NULL) {
        arena->next->prev = arena;
    }
}

/* A free pool of the head. The order stays: the head had the fewest. */
static struct pool *take_pool_of_head(struct pymalloc *heap)
{
    struct arena *head = heap->usable_arenas;
    struct pool *pool = pop_freepool(&head->freepools);
    if (pool == NULL) {
        pool = arena_carve(heap, head);
    }
    head->nfreepools--;
    if (head->nfreepools == 0) {
        unlink_arena(heap, head);
    }
    return pool;
}

/* Puts the pool back into its arena; the old count is nfreepools - 1. */
static struct arena *put_back(struct pymalloc *heap, struct pool *pool)
{
    struct arena *arena = &heap->arenas[pool->arena_index];
    push_freepool(&arena->freepools, pool);
    arena->nfreepools++;
    return arena;
}

/* Whether an arena that got a pool back is to be given back, at the place in
 * usable_arenas that it has had so far. */
static bool is_to_be_given(const struct pymalloc *heap,
                           const struct arena *arena)
{
    if (arena->nfreepools < arena->ntotalpools) {
        return false;
    }
    switch (heap->release) {
    case PYMALLOC_RELEASE_EMPTY:
        return true;
    case PYMALLOC_RELEASE_KEEP_ONE:
        return arena->next != NULL;
    default:
        return false;
    }
}

static void give_arena(struct pymalloc *heap, struct arena *arena)
{
    unlink_arena(heap, arena);
    arena_give(heap, arena);
}

/* ---- 2.5 to 3.7: a linear search for the new place ---------------------- */

static struct pool *take_pool_scan(struct pymalloc *heap)
{
    if (heap->usable_arenas == NULL) {
        struct arena *arena = arena_take(heap);
        if (arena == NULL) {
            return NULL;
        }
        insert_arena_first(heap, arena);
    }
    return take_pool_of_head(heap);
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

static void give_pool_scan(struct pymalloc *heap, struct pool *pool)
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

/* ---- since 3.8: the same order, found in a table ------------------------ */

/* Invariant: last[k] is the rightmost arena of usable_arenas with k free
 * pools, NULL where there is none; 0 <= k <= pools of an arena. */

static struct pool *take_pool_table(struct pymalloc *heap)
{
    if (heap->usable_arenas == NULL) {
        struct arena *arena = arena_take(heap);
        if (arena == NULL) {
            return NULL;
        }
        insert_arena_first(heap, arena); /* last[] follows below */
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

static void give_pool_table(struct pymalloc *heap, struct pool *pool)
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

/* ---- 2.3: one list of free pools ---------------------------------------- */

static struct pool *take_pool_newest(struct pymalloc *heap)
{
    struct pool *pool = pop_freepool(&heap->freepools);
    if (pool != NULL) {
        return pool;
    }
    return take_pool_scan(heap);
}

static void give_pool_newest(struct pymalloc *heap, struct pool *pool)
{
    push_freepool(&heap->freepools, pool);
}

const struct arena_order order_newest = {
    .take_pool = take_pool_newest,
    .give_pool = give_pool_newest,
    .knows_empty_arenas = false,
};

const struct arena_order order_scan = {
    .take_pool = take_pool_scan,
    .give_pool = give_pool_scan,
    .knows_empty_arenas = true,
};

const struct arena_order order_table = {
    .take_pool = take_pool_table,
    .give_pool = give_pool_table,
    .knows_empty_arenas = true,
};
