/* Free pools whose pages are given back while their arena stays.
 *
 * No CPython does this. A purged pool has lost its header and so is in no
 * list: heap->purged has a bit for every pool of every arena object, the bits
 * of an arena in whole words. When it is needed it is carved anew.
 */
#include "heap.h"

#include <string.h>

#define WORD_BITS 64

/* While a pool is free for the delay, it is looked at this often. */
#define SWEEPS_PER_DELAY 8

static bool purges(const struct pymalloc *heap)
{
    return heap->release == PYMALLOC_RELEASE_MADVISE ||
           heap->release == PYMALLOC_RELEASE_DELAYED;
}

static size_t words_per_arena(const struct pymalloc *heap)
{
    return (arena_pools_max(heap) + WORD_BITS - 1) / WORD_BITS;
}

static uint64_t *words_of(const struct pymalloc *heap,
                          const struct arena *arena)
{
    return heap->purged +
           (size_t)(arena - heap->arenas) * words_per_arena(heap);
}

static size_t pool_number(const struct pymalloc *heap,
                          const struct arena *arena, uintptr_t pool)
{
    return (pool - arena_first_pool(heap, arena)) /
           heap->preset.described.pool_bytes;
}

bool purged_grow(struct pymalloc *heap, uint32_t old_slots, uint32_t slots)
{
    if (!purges(heap)) {
        return true;
    }
    const size_t words = words_per_arena(heap);
    const size_t word_bytes = sizeof heap->purged[0];
    uint64_t *purged = heap->raw.realloc(heap->raw.context, heap->purged,
                                         slots * words * word_bytes);
    if (purged == NULL) {
        return false;
    }
    memset(&purged[old_slots * words], 0,
           (slots - old_slots) * words * word_bytes);
    heap->purged = purged;
    return true;
}

bool purged_has(const struct pymalloc *heap, const struct arena *arena,
                uintptr_t pool)
{
    if (heap->purged == NULL) {
        return false;
    }
    const size_t number = pool_number(heap, arena, pool);
    const uint64_t word = words_of(heap, arena)[number / WORD_BITS];
    return (word >> number % WORD_BITS & 1) != 0;
}

struct pool *purged_take(struct pymalloc *heap, const struct arena *arena)
{
    if (heap->purged == NULL) {
        return NULL;
    }
    uint64_t *words = words_of(heap, arena);
    for (size_t i = 0; i < words_per_arena(heap); i++) {
        if (words[i] != 0) {
            const size_t number =
                i * WORD_BITS + (size_t)__builtin_ctzll(words[i]);
            words[i] &= words[i] - 1; /* its lowest bit */
            return pool_made(heap, arena,
                             arena_first_pool(heap, arena) +
                                 number * heap->preset.described.pool_bytes);
        }
    }
    return NULL;
}

static void purge(struct pymalloc *heap, const struct arena *arena,
                  struct pool *pool)
{
    const size_t number = pool_number(heap, arena, (uintptr_t)pool);
    words_of(heap, arena)[number / WORD_BITS] |= (uint64_t)1
                                                 << number % WORD_BITS;
    heap->pools_purged++;
    heap->provider.purge(heap->provider.context, pool,
                         heap->preset.described.pool_bytes);
    log_event(heap, PYMALLOC_POOL_PURGED, arena);
}

/* freepools is LIFO, so behind the first pool that was free for long enough
 * there are only such. */
static void purge_late_of(struct pymalloc *heap, struct arena *arena,
                          uint64_t time_ns)
{
    struct pool **link = &arena->freepools;
    while (*link != NULL && time_ns - (*link)->freed_ns < heap->delay_ns) {
        link = &(*link)->next_free;
    }
    struct pool *late = *link;
    *link = NULL;
    while (late != NULL) {
        struct pool *next = late->next_free;
        purge(heap, arena, late);
        late = next;
    }
}

void purge_late(struct pymalloc *heap)
{
    const uint64_t time_ns = now_ns();
    if (time_ns < heap->next_sweep_ns) {
        return;
    }
    heap->next_sweep_ns = time_ns + heap->delay_ns / SWEEPS_PER_DELAY;
    for (uint32_t i = 0; i < heap->arena_slots; i++) {
        if (heap->arenas[i].base != 0) {
            purge_late_of(heap, &heap->arenas[i], time_ns);
        }
    }
}

void pool_freed(struct pymalloc *heap, struct arena *arena, struct pool *pool)
{
    if (heap->release == PYMALLOC_RELEASE_MADVISE) {
        purge(heap, arena, pool);
        return;
    }
    pool->next_free = arena->freepools;
    arena->freepools = pool;
    if (heap->release == PYMALLOC_RELEASE_DELAYED) {
        pool->freed_ns = now_ns();
        purge_late(heap);
    }
}
