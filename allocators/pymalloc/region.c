/* Arenas as places in one mapping: given back, a place keeps its address and
 * loses its pages. The kernel then has no mapping to make or to end.
 */
#include "heap.h"

#include <stdlib.h>
#include <sys/mman.h>

#define REGION_BYTES ((size_t)8 << 30)
#define WORD_BITS    64

static size_t place_count(const struct placement *placement)
{
    return REGION_BYTES / placement->arena_bytes;
}

const char *region_open(struct placement *placement, size_t arena_bytes)
{
    placement->arena_bytes = arena_bytes;
    placement->taken =
        calloc(place_count(placement) / WORD_BITS + 1, sizeof(uint64_t));
    if (placement->taken == NULL) {
        return "no memory for an account of the region";
    }
    void *mapping = mmap(NULL, REGION_BYTES, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED) {
        free(placement->taken);
        placement->taken = NULL;
        return "backing=region: 8 GiB of address space are not to be had: "
               "raise the limit (ulimit -v)";
    }
    placement->region = mapping;
    return NULL;
}

void region_close(struct placement *placement)
{
    if (placement->taken != NULL) {
        (void)munmap(placement->region, REGION_BYTES);
        free(placement->taken);
    }
}

/* The first place; the last one may be lost to where the boundary is. */
static char *first_place(const struct placement *placement)
{
    const size_t before =
        -(uintptr_t)placement->region & (placement->boundary_bytes - 1);
    return placement->region + before + placement->offset_bytes;
}

void *region_take(void *context, size_t size)
{
    struct placement *placement = context;
    (void)size;
    const size_t count = place_count(placement) - 1;
    for (size_t i = placement->first_free; i < count; i++) {
        uint64_t *word = &placement->taken[i / WORD_BITS];
        const uint64_t bit = (uint64_t)1 << i % WORD_BITS;
        if ((*word & bit) == 0) {
            *word |= bit;
            placement->first_free = i + 1;
            return first_place(placement) + i * placement->arena_bytes;
        }
    }
    return NULL;
}

void region_give(void *context, void *arena, size_t size)
{
    struct placement *placement = context;
    const size_t i = (size_t)((char *)arena - first_place(placement)) /
                     placement->arena_bytes;
    placement->taken[i / WORD_BITS] &= ~((uint64_t)1 << i % WORD_BITS);
    if (i < placement->first_free) {
        placement->first_free = i;
    }
    (void)madvise(arena, size, MADV_DONTNEED);
}
