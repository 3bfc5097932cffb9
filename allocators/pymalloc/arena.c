/* Arenas: taken from the provider, carved into pools, given back.
 *
 * Pools are carved one at a time, so the memory of an arena is not touched
 * before it is needed: RSS stays honest.
 */
#include "heap.h"

#include <assert.h>

#define INITIAL_ARENA_SLOTS 16

/* Doubles the vector of arena objects and puts the new ones into
 * unused_arenas, lowest index first. Only while both lists of arenas are
 * empty: growing may move the vector, and lists point into it. */
static bool add_slots(struct pymalloc *heap)
{
    assert(heap->usable_arenas == NULL && heap->unused_arenas == NULL);
    const uint32_t old_slots = heap->arena_slots;
    if (old_slots > UINT32_MAX / 2) {
        return false;
    }
    const uint32_t slots = old_slots > 0 ? old_slots * 2 : INITIAL_ARENA_SLOTS;
    struct arena *arenas = heap->raw.realloc(heap->raw.context, heap->arenas,
                                             slots * sizeof heap->arenas[0]);
    if (arenas == NULL) {
        return false;
    }
    for (uint32_t i = old_slots; i < slots; i++) {
        arenas[i] = (struct arena){
            .next = i + 1 < slots ? &arenas[i + 1] : NULL,
        };
    }
    heap->arenas = arenas;
    heap->arena_slots = slots;
    heap->unused_arenas = &arenas[old_slots];
    return true;
}

uintptr_t arena_first_pool(const struct pymalloc *heap,
                           const struct arena *arena)
{
    const uintptr_t pool_bytes = heap->preset->described.pool_bytes;
    return (arena->base + pool_bytes - 1) & ~(pool_bytes - 1);
}

static void count_taken(struct pymalloc *heap)
{
    heap->arenas_allocated_total++;
    const size_t current =
        heap->arenas_allocated_total - heap->arenas_reclaimed;
    if (heap->arenas_highwater < current) {
        heap->arenas_highwater = current;
    }
}

struct arena *arena_take(struct pymalloc *heap)
{
    if (heap->unused_arenas == NULL && !add_slots(heap)) {
        return NULL;
    }
    const struct pymalloc_preset *sizes = &heap->preset->described;
    void *memory =
        heap->provider.take(heap->provider.context, sizes->arena_bytes);
    if (memory == NULL) {
        return NULL;
    }
    const uintptr_t base = (uintptr_t)memory;
    if (!heap->preset->addresses->add(heap, base)) {
        heap->provider.give(heap->provider.context, memory,
                            sizes->arena_bytes);
        return NULL;
    }

    struct arena *arena = heap->unused_arenas;
    heap->unused_arenas = arena->next;
    *arena = (struct arena){.base = base};
    arena->pool_address = arena_first_pool(heap, arena);
    arena->ntotalpools = (uint32_t)(sizes->arena_bytes / sizes->pool_bytes) -
                         (arena->pool_address != base);
    arena->nfreepools = arena->ntotalpools;
    count_taken(heap);
    return arena;
}

void arena_give(struct pymalloc *heap, struct arena *arena)
{
    assert(arena->nfreepools == arena->ntotalpools);
    void *memory = (void *)arena->base;
    heap->preset->addresses->remove(heap, arena->base);
    *arena = (struct arena){.next = heap->unused_arenas};
    heap->unused_arenas = arena;
    heap->arenas_reclaimed++;
    heap->provider.give(heap->provider.context, memory,
                        heap->preset->described.arena_bytes);
}

struct pool *arena_carve(struct pymalloc *heap, struct arena *arena)
{
    const size_t pool_bytes = heap->preset->described.pool_bytes;
    struct pool *pool = (struct pool *)arena->pool_address;
    assert(arena->pool_address + pool_bytes <=
           arena->base + heap->preset->described.arena_bytes);
    arena->pool_address += pool_bytes;
    pool->arena_index = (uint32_t)(arena - heap->arenas);
    pool->size_class = NO_SIZE_CLASS;
    return pool;
}
