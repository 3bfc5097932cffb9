/* The account of an instance, with the names of CPython's own report. */
#include "heap.h"

#include <assert.h>

/* Adds the pools of one arena. What was never carved is unused too. */
static void count_arena(const struct pymalloc *heap, const struct arena *arena,
                        struct pymalloc_statistics *statistics)
{
    const size_t pool_bytes = heap->preset.described.pool_bytes;
    const uintptr_t first = arena_first_pool(heap, arena);
    size_t used_pools = 0;
    for (uintptr_t address = first; address < arena->pool_address;
         address += pool_bytes) {
        const struct pool *pool = (const struct pool *)address;
        if (!purged_has(heap, arena, address) && pool->live_count > 0) {
            struct pymalloc_class_statistics *class =
                &statistics->classes[pool->size_class];
            class->pools++;
            class->blocks_in_use += pool->live_count;
            used_pools++;
        }
    }
    statistics->bytes_unused_pools +=
        (arena->ntotalpools - used_pools) * pool_bytes;
    statistics->bytes_arena_alignment +=
        heap->preset.described.arena_bytes - arena->ntotalpools * pool_bytes;
}

/* Everything that follows from a class's pools and blocks in use. */
static void count_class(const struct pymalloc_preset *sizes, size_t index,
                        struct pymalloc_statistics *statistics)
{
    struct pymalloc_class_statistics *class = &statistics->classes[index];
    class->block_bytes = (index + 1) * sizes->alignment_bytes;
    const size_t usable_bytes = sizes->pool_bytes - sizes->pool_header_bytes;
    const size_t blocks_per_pool = usable_bytes / class->block_bytes;
    class->blocks_available =
        class->pools * blocks_per_pool - class->blocks_in_use;

    statistics->bytes_allocated_blocks +=
        class->blocks_in_use * class->block_bytes;
    statistics->bytes_available_blocks +=
        class->blocks_available * class->block_bytes;
    statistics->bytes_pool_headers += class->pools * sizes->pool_header_bytes;
    statistics->bytes_quantization +=
        class->pools * (usable_bytes % class->block_bytes);
}

static void count_all(const struct pymalloc *heap,
                      struct pymalloc_statistics *statistics)
{
    const struct pymalloc_preset *sizes = &heap->preset.described;
    *statistics = (struct pymalloc_statistics){
        .class_count = sizes->threshold_bytes / sizes->alignment_bytes,
        .arenas_allocated_total = heap->arenas_allocated_total,
        .arenas_reclaimed = heap->arenas_reclaimed,
        .arenas_highwater = heap->arenas_highwater,
        .arenas_current =
            heap->arenas_allocated_total - heap->arenas_reclaimed,
        .arena_bytes = sizes->arena_bytes,
        .raw_blocks = heap->raw_blocks,
        .radix_nodes = heap->radix_nodes,
        .radix_bytes = heap->radix_bytes,
        .scan_steps = heap->scan_steps,
        .pools_purged = heap->pools_purged,
    };
    for (uint32_t i = 0; i < heap->arena_slots; i++) {
        if (heap->arenas[i].base != 0) {
            count_arena(heap, &heap->arenas[i], statistics);
        }
    }
    for (size_t i = 0; i < statistics->class_count; i++) {
        count_class(sizes, i, statistics);
    }
    assert(statistics->bytes_allocated_blocks +
               statistics->bytes_available_blocks +
               statistics->bytes_unused_pools +
               statistics->bytes_pool_headers +
               statistics->bytes_quantization +
               statistics->bytes_arena_alignment ==
           statistics->arenas_current * sizes->arena_bytes);
}

void pymalloc_statistics(const struct pymalloc *heap,
                         struct pymalloc_statistics *statistics)
{
    heap_lock(heap);
    count_all(heap, statistics);
    heap_unlock(heap);
}
