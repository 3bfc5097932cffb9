/* One lock around the calls of an instance, as the interpreter's own lock
 * would be around CPython's.
 */
#include "heap.h"

static void *locked_malloc(void *context, size_t size)
{
    struct pymalloc *heap = context;
    (void)pthread_mutex_lock(&heap->lock);
    void *block = heap->preset.calls.malloc(heap, size);
    (void)pthread_mutex_unlock(&heap->lock);
    return block;
}

static void *locked_calloc(void *context, size_t count, size_t size)
{
    struct pymalloc *heap = context;
    (void)pthread_mutex_lock(&heap->lock);
    void *block = heap->preset.calls.calloc(heap, count, size);
    (void)pthread_mutex_unlock(&heap->lock);
    return block;
}

static void *locked_realloc(void *context, void *block, size_t size)
{
    struct pymalloc *heap = context;
    (void)pthread_mutex_lock(&heap->lock);
    void *moved = heap->preset.calls.realloc(heap, block, size);
    (void)pthread_mutex_unlock(&heap->lock);
    return moved;
}

static void locked_free(void *context, void *block)
{
    struct pymalloc *heap = context;
    (void)pthread_mutex_lock(&heap->lock);
    heap->preset.calls.free(heap, block);
    (void)pthread_mutex_unlock(&heap->lock);
}

const struct pymalloc_allocator locked_calls = {
    .malloc = locked_malloc,
    .calloc = locked_calloc,
    .realloc = locked_realloc,
    .free = locked_free,
};

/* The instance is the caller's and not constant: only what is told of it is.
 */
void heap_lock(const struct pymalloc *heap)
{
    if (heap->locked) {
        (void)pthread_mutex_lock((pthread_mutex_t *)&heap->lock);
    }
}

void heap_unlock(const struct pymalloc *heap)
{
    if (heap->locked) {
        (void)pthread_mutex_unlock((pthread_mutex_t *)&heap->lock);
    }
}
