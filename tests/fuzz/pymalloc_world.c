/* What stands under an instance in the fuzz target. */
#include "pymalloc_world.h"

#include <malloc.h>
#include <sys/mman.h>

#include "fuzz.h"

/* All places lie in one stretch of so many bytes, aligned to as many: the
 * radix tree then needs its nodes for the first arena alone. */
#define REGION_BYTES ((size_t)1 << 30)

struct world world;

static char *map(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    require(memory != MAP_FAILED);
    return memory;
}

static char *region(void)
{
    static char *aligned;
    if (aligned == NULL) {
        char *memory = map(2 * REGION_BYTES);
        aligned = memory + (-(uintptr_t)memory & (REGION_BYTES - 1));
    }
    return aligned;
}

/* ---- arenas ------------------------------------------------------------- */

char *world_base(uint32_t slot)
{
    return region() + slot * world.stride + world.offset;
}

bool world_has(const void *address)
{
    return (uintptr_t)address - (uintptr_t)region() < REGION_BYTES;
}

static void note(enum model_event_kind kind, uint32_t slot, uint32_t pool)
{
    require(world.asked.count < MODEL_EVENTS);
    world.asked.items[world.asked.count++] =
        (struct model_event){kind, slot, pool};
}

/* Bytes from an arena's base to its first pool. */
static size_t before_pools(void)
{
    return -world.offset & (world.pool - 1);
}

/* What stood in an arena before is not to be relied on. */
static void soil(char *base)
{
    for (size_t at = before_pools(); at + world.pool <= world.arena;
         at += world.pool) {
        memset(base + at, world.filler, 64);
    }
}

static void *take(void *context, size_t size)
{
    (void)context;
    require(size == world.arena);
    world.requests++;
    uint32_t slot = 0;
    while (slot < MODEL_SLOTS && world.is_taken[slot]) {
        slot++;
    }
    if (slot == MODEL_SLOTS ||
        (world.refuse_every > 0 && world.requests % world.refuse_every == 0)) {
        note(MODEL_REFUSE, UINT32_MAX, 0);
        return NULL;
    }
    note(MODEL_TAKE, slot, 0);
    world.is_taken[slot] = true;
    world.taken++;
    soil(world_base(slot));
    return world_base(slot);
}

static uint32_t slot_of(const void *address)
{
    const size_t slot =
        (size_t)((const char *)address - region()) / world.stride;
    require(slot < MODEL_SLOTS && world.is_taken[slot]);
    return (uint32_t)slot;
}

static void give(void *context, void *arena, size_t size)
{
    (void)context;
    const uint32_t slot = slot_of(arena);
    require(size == world.arena && arena == world_base(slot));
    /* At the end of an instance every arena comes back in one call. */
    if (world.asked.count < MODEL_EVENTS) {
        note(MODEL_GIVE, slot, 0);
    }
    world.is_taken[slot] = false;
    world.taken--;
}

static void purge(void *context, void *pages, size_t size)
{
    (void)context;
    const uint32_t slot = slot_of(pages);
    const size_t at =
        (size_t)((char *)pages - world_base(slot)) - before_pools();
    require(size == world.pool && at % world.pool == 0);
    note(MODEL_PURGE_POOL, slot, (uint32_t)(at / world.pool));
    if (!world.purge_keeps) {
        memset(pages, 0, size);
    }
}

struct pymalloc_provider world_provider(void)
{
    return (struct pymalloc_provider){
        .take = take, .give = give, .purge = purge};
}

/* ---- raw ---------------------------------------------------------------- */

/* Small blocks lie in cells, whose contents may look like the header of a
 * pool; what an instance keeps for itself comes from malloc, so that a
 * sanitizer sees who writes behind it; the nodes of the radix tree, which are
 * large and mostly zero, from pages that are emptied each time. */
#define CELL_BYTES ((size_t)640)
#define CELLS      2048
#define NODE_BYTES ((size_t)1 << 20)
#define NODES      2

static _Alignas(16) char cells[CELLS][CELL_BYTES];
static uint16_t free_cells[CELLS];
static uint32_t free_cell_count, fresh_cell;
static bool is_cell_live[CELLS];
static char *nodes[NODES];
static uint32_t live_nodes;

static void *take_cell(void)
{
    const uint32_t cell =
        free_cell_count > 0 ? free_cells[--free_cell_count] : fresh_cell++;
    require(cell < CELLS);
    is_cell_live[cell] = true;
    return cells[cell];
}

static bool is_cell(const void *block)
{
    const uintptr_t address = (uintptr_t)block;
    return address - (uintptr_t)cells < sizeof cells;
}

static void free_cell(const void *block)
{
    const size_t distance = (size_t)((const char *)block - cells[0]);
    const size_t cell = distance / CELL_BYTES;
    require(distance % CELL_BYTES == 0 && is_cell_live[cell]);
    is_cell_live[cell] = false;
    free_cells[free_cell_count++] = (uint16_t)cell;
}

static void *raw_malloc(void *context, size_t size)
{
    (void)context;
    require(size > 0);
    if (world.raw_fails) {
        return NULL;
    }
    world.raw_live++;
    return size <= CELL_BYTES ? take_cell() : fuzz_allocate(size);
}

static void *raw_calloc(void *context, size_t count, size_t size)
{
    require(count > 0 && size > 0);
    const size_t bytes = count * size;
    if (bytes < NODE_BYTES / 16) {
        void *block = raw_malloc(context, bytes);
        return block != NULL ? memset(block, 0, bytes) : NULL;
    }
    require(bytes <= NODE_BYTES);
    if (world.raw_fails) {
        return NULL;
    }
    require(live_nodes < NODES);
    if (nodes[live_nodes] == NULL) {
        nodes[live_nodes] = map(NODE_BYTES);
    }
    world.raw_live++;
    return nodes[live_nodes++];
}

static void raw_free(void *context, void *block)
{
    (void)context;
    require(world.raw_live > 0);
    world.raw_live--;
    for (size_t i = 0; i < NODES; i++) {
        if (block == nodes[i]) {
            require(madvise(block, NODE_BYTES, MADV_DONTNEED) == 0);
            live_nodes--;
            return;
        }
    }
    if (is_cell(block)) {
        free_cell(block);
    } else {
        free(block);
    }
}

/* Always moves. */
static void *raw_realloc(void *context, void *block, size_t size)
{
    if (block == NULL) {
        return raw_malloc(context, size);
    }
    void *moved = raw_malloc(context, size);
    if (moved == NULL) {
        return NULL;
    }
    if (is_cell(block)) {
        memcpy(moved, block, size < CELL_BYTES ? size : CELL_BYTES);
    } else {
        const size_t old_size = malloc_usable_size(block);
        memcpy(moved, block, size < old_size ? size : old_size);
    }
    raw_free(context, block);
    return moved;
}

struct pymalloc_allocator world_raw(void)
{
    return (struct pymalloc_allocator){.malloc = raw_malloc,
                                       .calloc = raw_calloc,
                                       .realloc = raw_realloc,
                                       .free = raw_free};
}

void world_begin(size_t arena, size_t pool, size_t offset)
{
    world = (struct world){.arena = arena,
                           .pool = pool,
                           .offset = offset,
                           .stride = arena + pool};
    require(MODEL_SLOTS * world.stride <= REGION_BYTES);
    require(live_nodes == 0);
    free_cell_count = fresh_cell = 0;
}
