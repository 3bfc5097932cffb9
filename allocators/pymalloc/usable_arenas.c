/* The list of usable arenas, and what every order does with it. */
#include "usable_arenas.h"

#include <assert.h>

void unlink_arena(struct pymalloc *heap, struct arena *arena)
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

void insert_arena_first(struct pymalloc *heap, struct arena *arena)
{
    arena->prev = NULL;
    arena->next = heap->usable_arenas;
    if (arena->next != NULL) {
        arena->next->prev = arena;
    }
    heap->usable_arenas = arena;
}

void insert_arena_after(struct arena *arena, struct arena *left)
{
    arena->prev = left;
    arena->next = left->next;
    left->next = arena;
    if (arena->next != NULL) {
        arena->next->prev = arena;
    }
}

bool have_usable_arena(struct pymalloc *heap)
{
    if (heap->release == PYMALLOC_RELEASE_DELAYED) {
        purge_late(heap);
    }
    if (heap->usable_arenas != NULL) {
        return true;
    }
    struct arena *arena = arena_take(heap);
    if (arena == NULL) {
        return false;
    }
    insert_arena_first(heap, arena);
    heap->empty_arenas++;
    return true;
}

struct pool *take_pool_of_head(struct pymalloc *heap)
{
    struct arena *head = heap->usable_arenas;
    struct pool *pool = head->freepools;
    if (pool != NULL) {
        head->freepools = pool->next_free;
    } else {
        pool = purged_take(heap, head);
    }
    if (pool == NULL) {
        pool = arena_carve(heap, head);
    }
    heap->empty_arenas -= head->nfreepools == head->ntotalpools;
    head->nfreepools--;
    if (head->nfreepools == 0) {
        unlink_arena(heap, head);
    }
    return pool;
}

struct arena *put_back(struct pymalloc *heap, struct pool *pool)
{
    struct arena *arena = &heap->arenas[pool->arena_index];
    pool_freed(heap, arena, pool);
    arena->nfreepools++;
    heap->empty_arenas += arena->nfreepools == arena->ntotalpools;
    return arena;
}

bool is_to_be_given(const struct pymalloc *heap, const struct arena *arena)
{
    if (arena->nfreepools < arena->ntotalpools) {
        return false;
    }
    switch (heap->release) {
    case PYMALLOC_RELEASE_EMPTY:
        return true;
    case PYMALLOC_RELEASE_KEEP_ONE:
        return arena->next != NULL;
    case PYMALLOC_RELEASE_KEEP_K:
        return heap->empty_arenas > heap->keep_arenas;
    default:
        return false;
    }
}

void give_arena(struct pymalloc *heap, struct arena *arena)
{
    heap->empty_arenas--;
    unlink_arena(heap, arena);
    arena_give(heap, arena);
}
