/* A snapshot of every arena and pool. */
#include "heap.h"

/* What a carved pool holds. */
static struct pymalloc_pool_view view_pool(const struct pymalloc *heap,
                                           const struct pool *pool)
{
    if (pool->live_count == 0) {
        return (struct pymalloc_pool_view){.state = PYMALLOC_POOL_FREE};
    }
    const struct pymalloc_preset *sizes = &heap->preset.described;
    const size_t block_bytes =
        ((size_t)pool->size_class + 1) * sizes->alignment_bytes;
    const uint32_t blocks =
        (uint32_t)((sizes->pool_bytes - sizes->pool_header_bytes) /
                   block_bytes);
    return (struct pymalloc_pool_view){
        .state = pool->live_count < blocks ? PYMALLOC_POOL_USED
                                           : PYMALLOC_POOL_FULL,
        .live_blocks = pool->live_count,
        .blocks = blocks,
        .block_bytes = (uint32_t)block_bytes,
    };
}

static void visit_pools(const struct pymalloc *heap, const struct arena *arena,
                        const struct pymalloc_visitor *visitor)
{
    const uintptr_t first = arena_first_pool(heap, arena);
    for (uint32_t i = 0; i < arena->ntotalpools; i++) {
        const uintptr_t address =
            first + i * heap->preset.described.pool_bytes;
        const bool carved =
            address < arena->pool_address && !purged_has(heap, arena, address);
        const struct pymalloc_pool_view view =
            carved
                ? view_pool(heap, (const struct pool *)address)
                : (struct pymalloc_pool_view){.state = PYMALLOC_POOL_UNCARVED};
        visitor->pool(visitor->context, &view);
    }
}

/* In 2.3 an arena does not know its free pools: they are counted. */
static uint32_t free_pools(const struct pymalloc *heap,
                           const struct arena *arena)
{
    if (heap->order->knows_empty_arenas) {
        return arena->nfreepools;
    }
    uint32_t used_pools = 0;
    for (uintptr_t address = arena_first_pool(heap, arena);
         address < arena->pool_address;
         address += heap->preset.described.pool_bytes) {
        used_pools += ((const struct pool *)address)->live_count > 0;
    }
    return arena->ntotalpools - used_pools;
}

void pymalloc_inspect(const struct pymalloc *heap,
                      const struct pymalloc_visitor *visitor)
{
    heap_lock(heap);
    for (uint32_t i = 0; i < heap->arena_slots; i++) {
        const struct arena *arena = &heap->arenas[i];
        if (arena->base == 0) {
            continue;
        }
        if (visitor->arena != NULL) {
            visitor->arena(visitor->context,
                           &(struct pymalloc_arena_view){
                               .index = i,
                               .base = arena->base,
                               .pools = arena->ntotalpools,
                               .free_pools = free_pools(heap, arena),
                           });
        }
        if (visitor->pool != NULL) {
            visit_pools(heap, arena, visitor);
        }
    }
    heap_unlock(heap);
}
