/* A table of large blocks, each of a size of its own. */
#include "blocks.h"

#include <string.h>

/* What blocks are filled with: any byte but 0. */
enum { CONTENTS = 0x5a };

enum status blocks_prepare(struct run *run, struct blocks *blocks,
                           size_t count)
{
    if (count > SIZE_MAX / sizeof *blocks->places) {
        return run_fail(run, "%zu blocks are too many", count);
    }
    blocks->places = run_scratch(run, count * sizeof *blocks->places);
    blocks->count = count;
    return blocks->places ? STATUS_OK : STATUS_FAILED;
}

/* The block that the allocator answered with takes its place. */
static enum status settle(struct run *run, struct block *block, void *start,
                          size_t size, struct tally *tally)
{
    if (!start) {
        return run_fail(run, "out of memory: %zu bytes asked for", size);
    }
    *block = (struct block){memset(start, CONTENTS, size), size};
    tally_made(tally, 1, size);
    tally_publish(run, tally);
    return STATUS_OK;
}

enum status block_make(struct run *run, const struct allocator_calls *heap,
                       struct block *block, size_t size, struct tally *tally)
{
    return settle(run, block, heap->alloc(size), size, tally);
}

enum status block_make_aligned(struct run *run,
                               const struct allocator_calls *heap,
                               struct block *block, size_t alignment,
                               size_t size, struct tally *tally)
{
    return settle(run, block, heap->alloc_aligned(alignment, size), size,
                  tally);
}

enum status block_resize(struct run *run, const struct allocator_calls *heap,
                         struct block *block, size_t size, struct tally *tally)
{
    char *start = heap->resize(block->start, size);
    if (!start) {
        return run_fail(run, "out of memory: %zu bytes to become %zu",
                        block->size, size);
    }
    memset(start + block->size, CONTENTS, size - block->size);
    tally->operations++;
    tally->live_bytes += size - block->size;
    *block = (struct block){start, size};
    tally_publish(run, tally);
    return STATUS_OK;
}

enum status block_move(struct run *run, const struct allocator_calls *heap,
                       struct block *block, size_t size, struct tally *tally)
{
    char *start = heap->alloc(size);
    if (!start) {
        return run_fail(run, "out of memory: %zu bytes asked for", size);
    }
    memcpy(start, block->start, block->size);
    memset(start + block->size, CONTENTS, size - block->size);
    block_release(heap, block, tally);
    *block = (struct block){start, size};
    tally_made(tally, 1, size);
    tally_publish(run, tally);
    return STATUS_OK;
}

void block_release(const struct allocator_calls *heap, struct block *block,
                   struct tally *tally)
{
    heap->release(block->start);
    block->start = NULL;
    tally_released(tally, 1, block->size);
}

enum status block_keep(struct run *run, const struct allocator_calls *heap,
                       struct block *block, size_t size, struct tally *tally)
{
    return block->start ? STATUS_OK
                        : block_make(run, heap, block, size, tally);
}

void blocks_release(struct run *run, const struct allocator_calls *heap,
                    const struct blocks *blocks, struct tally *tally)
{
    for (size_t i = 0; i < blocks->count; i++) {
        if (blocks->places[i].start) {
            block_release(heap, &blocks->places[i], tally);
            tally_publish(run, tally);
        }
    }
}

void blocks_each_live(const struct blocks *blocks, block_visitor *visit,
                      void *context)
{
    for (size_t i = 0; i < blocks->count; i++) {
        const struct block *block = &blocks->places[i];
        if (block->start) {
            visit(context, block->start, block->size);
        }
    }
}
