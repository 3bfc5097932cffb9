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
    if (!purged_grow(heap, old_slots, slots)) {
        return false;
    }
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
    const uintptr_t pool_bytes = heap->preset.described.pool_bytes;
    return (arena->base + pool_bytes - 1) & ~(pool_bytes - 1);
}

uint32_t arena_pools_max(const struct pymalloc *heap)
{
    const struct pymalloc_preset *sizes = &heap->preset.described;
    return (uint32_t)(sizes->arena_bytes / sizes->pool_bytes);
}

static size_t arenas_current(const struct pymalloc *heap)
{
    return heap->arenas_allocated_total - heap->arenas_reclaimed;
}

/* Memory that the address test knows; NULL: none to be had. */
static void *take_memory(struct pymalloc *heap)
{
    const size_t size = heap->preset.described.arena_bytes;
    void *memory = heap->provider.take(heap->provider.context, size);
    if (memory == NULL) {
        return NULL;
    }
    if (!heap->preset.addresses->add(heap, (uintptr_t)memory)) {
        heap->provider.give(heap->provider.context, memory, size);
        return NULL;
    }
    return memory;
}

struct arena *arena_take(struct pymalloc *heap)
{
    void *memory = NULL;
    if (arenas_current(heap) < heap->arenas_max &&
        (heap->unused_arenas != NULL || add_slots(heap))) {
        memory = take_memory(heap);
    }
    if (memory == NULL) {
        log_event(heap, PYMALLOC_ARENA_REFUSED, NULL);
        return NULL;
    }
    struct arena *arena = heap->unused_arenas;
    heap->unused_arenas = arena->next;
    *arena = (struct arena){.base = (uintptr_t)memory};
    arena->pool_address = arena_first_pool(heap, arena);
    arena->ntotalpools =
        arena_pools_max(heap) - (arena->pool_address != arena->base);
    arena->nfreepools = arena->ntotalpools;

    heap->arenas_allocated_total++;
    if (heap->arenas_highwater < arenas_current(heap)) {
        heap->arenas_highwater = arenas_current(heap);
    }
    log_event(heap, PYMALLOC_ARENA_TAKEN, arena);
    return arena;
}

void arena_give(struct pymalloc *heap, struct arena *arena)
{
    assert(arena->nfreepools == arena->ntotalpools);
    void *memory = (void *)arena->base;
    heap->preset.addresses->remove(heap, arena->base);
    log_event(heap, PYMALLOC_ARENA_GIVEN, arena);
    *arena = (struct arena){.next = heap->unused_arenas};
    heap->unused_arenas = arena;
    heap->arenas_reclaimed++;
    heap->provider.give(heap->provider.context, memory,
                        heap->preset.described.arena_bytes);
}

struct pool *pool_made(struct pymalloc *heap, const struct arena *arena,
                       uintptr_t address)
{
    struct pool *pool = (struct pool *)address;
    pool->arena_index = (uint32_t)(arena - heap->arenas);
    pool->size_class = NO_SIZE_CLASS;
    return pool;
}

struct pool *arena_carve(struct pymalloc *heap, struct arena *arena)
{
    const uintptr_t address = arena->pool_address;
    arena->pool_address += heap->preset.described.pool_bytes;
    assert(arena->pool_address <=
           arena->base + heap->preset.described.arena_bytes);
    return pool_made(heap, arena, address);
}
