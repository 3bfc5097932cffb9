/* Arenas from the system: mapped or from malloc, at a chosen place.
 *
 * Where an arena begins decides whether it loses a pool, and the kernel's and
 * malloc's choice differs from run to run; so the place is an axis.
 */
#include "heap.h"

#include <stdbool.h>
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

/* Bytes that `memory` lies behind the last address that is placed right. */
static size_t distance(const struct placement *placement, const void *memory)
{
    return ((uintptr_t)memory - placement->offset_bytes) &
           (placement->boundary_bytes - 1);
}

/* Maps `size` bytes at `memory` if nothing is there. */
static bool map_at(char *memory, size_t size)
{
    void *mapped =
        mmap(memory, size, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (mapped != MAP_FAILED && mapped != memory) {
        (void)munmap(mapped, size); /* a kernel before 4.17 knows no flag */
    }
    return mapped == memory;
}

/* Maps where the kernel likes, and if that is out of place a boundary more,
 * of which the ends are cut off. */
static void *map_larger(const struct placement *placement, size_t size)
{
    char *memory = map(size + placement->boundary_bytes);
    if (memory == NULL) {
        return NULL;
    }
    const size_t before =
        placement->boundary_bytes - distance(placement, memory);
    (void)munmap(memory, before);
    if (before < placement->boundary_bytes) {
        (void)munmap(memory + before + size,
                     placement->boundary_bytes - before);
    }
    return memory + before;
}

/* Maps where the kernel likes, and if that is out of place, somewhat lower.
 * What sticks out above is kept from everybody, without memory: so whatever
 * hole an arena leaves is one that an arena fits, in place. The kernel goes
 * on below, so all this happens about once. */
static void *map_in_place(void *context, size_t size)
{
    const struct placement *placement = context;
    char *memory = map(size);
    if (memory == NULL) {
        return NULL;
    }
    const size_t above = distance(placement, memory);
    if (above == 0) {
        return memory;
    }
    if (above < size && map_at(memory - above, above)) {
        (void)mprotect(memory - above + size, above, PROT_NONE);
        return memory - above;
    }
    (void)munmap(memory, size);
    return map_larger(placement, size);
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
    if (posix_memalign(&memory, placement->boundary_bytes,
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

/* Where the kernel has no huge pages the advice fails and pages are small. */
static void *advise_huge(void *memory, size_t size)
{
    if (memory != NULL) {
        (void)madvise(memory, size, MADV_HUGEPAGE);
    }
    return memory;
}

static void *map_huge_anywhere(void *context, size_t size)
{
    return advise_huge(map_anywhere(context, size), size);
}

static void *map_huge_in_place(void *context, size_t size)
{
    return advise_huge(map_in_place(context, size), size);
}

static void purge_pages(void *context, void *pages, size_t size)
{
    (void)context;
    (void)madvise(pages, size, MADV_DONTNEED);
}

/* How arenas of a backing are taken, anywhere and in place, and given. */
struct source {
    void *(*take[2])(void *context, size_t size);
    void (*give[2])(void *context, void *arena, size_t size);
    /* Arenas begin at a multiple of their size, or of a pool's: libc's malloc
     * would leave as much unused between two. Since 3.10 a call's cost depends
     * on the place: the radix tree's test is guessed wrong in between. */
    bool at_arenas;
    size_t misaligned_bytes; /* behind the boundary: the least it can do */
};

static const struct source sources[] = {
    [PYMALLOC_BACKING_MMAP] = {.take = {map_anywhere, map_in_place},
                               .give = {unmap, unmap},
                               .at_arenas = true,
                               .misaligned_bytes = PAGE_BYTES},
    [PYMALLOC_BACKING_MALLOC] = {.take = {malloc_anywhere, malloc_in_place},
                                 .give = {free_anywhere, free_in_place},
                                 .misaligned_bytes = MALLOC_ALIGNMENT_BYTES},
    [PYMALLOC_BACKING_REGION] = {.take = {region_take, region_take},
                                 .give = {region_give, region_give},
                                 .at_arenas = true,
                                 .misaligned_bytes = PAGE_BYTES},
    [PYMALLOC_BACKING_HUGE] = {.take = {map_huge_anywhere, map_huge_in_place},
                               .give = {unmap, unmap},
                               .at_arenas = true,
                               .misaligned_bytes = PAGE_BYTES},
};

const char *provider_of_system(struct pymalloc *heap, enum pymalloc_base base)
{
    const struct pymalloc_preset *described = &heap->preset.described;
    const struct source *source = &sources[described->backing];
    const size_t offset =
        base == PYMALLOC_BASE_MISALIGNED ? source->misaligned_bytes : 0;
    if (offset >= described->pool_bytes) {
        return "base=misaligned: arenas are mapped, at page boundaries, and "
               "pools are no larger than a page: they are always aligned";
    }
    heap->placement = (struct placement){
        .boundary_bytes =
            source->at_arenas ? described->arena_bytes : described->pool_bytes,
        .offset_bytes = offset};
    const bool is_placed = base != PYMALLOC_BASE_NATURAL;
    heap->provider = (struct pymalloc_provider){
        .context = &heap->placement,
        .take = source->take[is_placed],
        .give = source->give[is_placed],
        .purge = purge_pages,
    };
    return described->backing == PYMALLOC_BACKING_REGION
               ? region_open(&heap->placement, described->arena_bytes)
               : NULL;
}

void provider_close(struct pymalloc *heap)
{
    region_close(&heap->placement);
}
