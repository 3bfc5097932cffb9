/* What pymalloc does not serve: requests of 0 or above the threshold, those
 * for which there is no arena, and blocks that are not its own. */
#include "heap.h"

#include <stdlib.h>

static void *libc_malloc(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void *libc_calloc(void *context, size_t count, size_t size)
{
    (void)context;
    return calloc(count, size);
}

static void *libc_realloc(void *context, void *block, size_t size)
{
    (void)context;
    return realloc(block, size);
}

static void libc_free(void *context, void *block)
{
    (void)context;
    free(block);
}

const struct pymalloc_allocator libc_allocator = {
    .malloc = libc_malloc,
    .calloc = libc_calloc,
    .realloc = libc_realloc,
    .free = libc_free,
};

void *raw_malloc(struct pymalloc *heap, size_t size)
{
    void *block = heap->raw.malloc(heap->raw.context, size > 0 ? size : 1);
    heap->raw_blocks += block != NULL;
    return block;
}

void *raw_calloc(struct pymalloc *heap, size_t count, size_t size)
{
    if (count == 0 || size == 0) {
        count = size = 1;
    }
    void *block = heap->raw.calloc(heap->raw.context, count, size);
    heap->raw_blocks += block != NULL;
    return block;
}

void *raw_realloc(struct pymalloc *heap, void *block, size_t size)
{
    return heap->raw.realloc(heap->raw.context, block, size > 0 ? size : 1);
}

void raw_free(struct pymalloc *heap, void *block)
{
    heap->raw_blocks--;
    heap->raw.free(heap->raw.context, block);
}
