/* The numbers of live blocks, as writer and reader of a trace agree on them.
 */
#include "support/python_trace_blocks.h"

#include <sys/mman.h>

#include "support/python_trace.h"

#define FIRST_CAPACITY ((size_t)65536)

void python_trace_blocks_init(struct python_trace_blocks *blocks)
{
    *blocks = (struct python_trace_blocks){.free = PYTHON_TRACE_NO_BLOCK};
}

void python_trace_blocks_free(struct python_trace_blocks *blocks)
{
    if (blocks->items) {
        (void)munmap(blocks->items, blocks->capacity * sizeof *blocks->items);
    }
    python_trace_blocks_init(blocks);
}

static bool grow(struct python_trace_blocks *blocks)
{
    const size_t old_bytes = blocks->capacity * sizeof *blocks->items;
    const size_t capacity =
        blocks->capacity ? 2 * blocks->capacity : FIRST_CAPACITY;
    const size_t bytes = capacity * sizeof *blocks->items;
    if (blocks->capacity >= PYTHON_TRACE_BLOCKS_MAX) {
        return false;
    }
    void *items =
        blocks->items
            ? mremap(blocks->items, old_bytes, bytes, MREMAP_MAYMOVE)
            : mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (items == MAP_FAILED) {
        return false;
    }
    blocks->items = items;
    blocks->capacity = capacity;
    return true;
}

uint32_t python_trace_blocks_add(struct python_trace_blocks *blocks,
                                 uint64_t size)
{
    uint32_t number = blocks->free;
    if (number != PYTHON_TRACE_NO_BLOCK) {
        blocks->free = blocks->items[number].next;
    } else if (blocks->count < blocks->capacity || grow(blocks)) {
        number = blocks->count++;
    } else {
        return PYTHON_TRACE_NO_BLOCK;
    }
    blocks->items[number] =
        (struct python_trace_block){.size = size, .live = true};
    return number;
}

struct python_trace_block *
python_trace_blocks_find(const struct python_trace_blocks *blocks,
                         int64_t number)
{
    if (number < 0 || number >= blocks->count || !blocks->items[number].live) {
        return NULL;
    }
    return &blocks->items[number];
}

void python_trace_blocks_remove(struct python_trace_blocks *blocks,
                                uint32_t number)
{
    blocks->items[number] = (struct python_trace_block){.next = blocks->free};
    blocks->free = number;
}
