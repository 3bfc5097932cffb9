/* Arenas from the system: mapped or from malloc, at a chosen place.
 *
 * Where an arena begins decides whether it loses a pool, and the kernel's and
 * malloc's choice differs from run to run; so the place is an axis.
 */
#include "heap.h"

#include <stdlib.h>
#include <sys/mman.h>

#define PAGE_BYTES             4096
#define MALLOC_ALIGNMENT_BYTES 16

/* NULL: the system has no more. */
static void *map(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory != MAP_FAILED ? memory : NULL;
}

static void *map_anywhere(void *context, size_t size)
{
    (void)context;
    return map(size);
}

static void unmap(void *context, void *arena, size_t size)
{
    (void)context;
    (void)munmap(arena, size);
}

/* Bytes from `memory` to the next address that is placed right. */
static size_t distance(const struct placement *placement, const void *memory)
{
    return (placement->offset_bytes - (uintptr_t)memory) &
           (placement->pool_bytes - 1);
}

/* Maps where the kernel likes, and if that is out of place a pool more, of
 * which the ends are cut off. The kernel then goes on beside that arena, so
 * the next ones are in place at once. */
static void *map_in_place(void *context, size_t size)
{
    const struct placement *placement = context;
    char *memory = map(size);
    if (memory == NULL || distance(placement, memory) == 0) {
        return memory;
    }
    (void)munmap(memory, size);
    memory = map(size + placement->pool_bytes);
    if (memory == NULL) {
        return NULL;
    }
    const size_t before = distance(placement, memory);
    const size_t after = placement->pool_bytes - before;
    if (before > 0) {
        (void)munmap(memory, before);
    }
    (void)munmap(memory + before + size, after);
    return memory + before;
}

static void *malloc_anywhere(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void free_anywhere(void *context, void *arena, size_t size)
{
    (void)context;
    (void)size;
    free(arena);
}

static void *malloc_in_place(void *context, size_t size)
{
    const struct placement *placement = context;
    void *memory = NULL;
    if (posix_memalign(&memory, placement->pool_bytes,
                       size + placement->offset_bytes) != 0) {
        return NULL;
    }
    return (char *)memory + placement->offset_bytes;
}

static void free_in_place(void *context, void *arena, size_t size)
{
    const struct placement *placement = context;
    (void)size;
    free((char *)arena - placement->offset_bytes);
}

/* By backing, then by whether the place is chosen. */
static const struct pymalloc_provider system_providers[][2] = {
    [PYMALLOC_BACKING_MMAP] = {{NULL, map_anywhere, unmap},
                               {NULL, map_in_place, unmap}},
    [PYMALLOC_BACKING_MALLOC] = {{NULL, malloc_anywhere, free_anywhere},
                                 {NULL, malloc_in_place, free_in_place}},
};

/* base mod pool_bytes of a misaligned arena: the least the backing can do. */
static const size_t misaligned_bytes[] = {
    [PYMALLOC_BACKING_MMAP] = PAGE_BYTES,
    [PYMALLOC_BACKING_MALLOC] = MALLOC_ALIGNMENT_BYTES,
};

const char *provider_of_system(struct pymalloc *heap, enum pymalloc_base base)
{
    const struct pymalloc_preset *sizes = &heap->preset->described;
    const size_t offset = base == PYMALLOC_BASE_MISALIGNED
                              ? misaligned_bytes[sizes->backing]
                              : 0;
    if (offset >= sizes->pool_bytes) {
        return "base=misaligned: this preset maps arenas, at page "
               "boundaries, and its pools are one page: they are always "
               "aligned";
    }
    heap->placement = (struct placement){sizes->pool_bytes, offset};
    heap->provider =
        system_providers[sizes->backing][base != PYMALLOC_BASE_NATURAL];
    heap->provider.context = &heap->placement;
    return NULL;
}
