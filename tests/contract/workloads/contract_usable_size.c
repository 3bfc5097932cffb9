/* Contract of usable_size: never less than was asked for. */
#include "checked.h"

enum { LARGE_SHIFT_MAX = 22 }; /* 4 MiB */

static enum status prepare(struct run *run)
{
    struct checked *checked = run_scratch(run, sizeof *checked);
    run_set_state(run, checked);
    return checked ? checked_prepare(run, checked, LARGE_SHIFT_MAX)
                   : STATUS_FAILED;
}

static void *make(const struct allocator_calls *heap,
                  const struct block *block)
{
    return heap->alloc(block->size);
}

static enum status demand(struct run *run, const struct allocator_calls *heap,
                          const struct block *block)
{
    const size_t usable = heap->usable_size(block->start);
    return usable >= block->size
               ? STATUS_OK
               : run_fail(run, "%zu bytes usable of %zu asked for", usable,
                          block->size);
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    static const struct maker maker = {make, demand};
    return checked_fill(run, run_state(run), heap, &maker, "fill");
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    return checked_drain(run, run_state(run), heap, "drain");
}

static void each_live(struct run *run, block_visitor *visit, void *context)
{
    checked_each_live(run_state(run), visit, context);
}

const struct workload workload_contract_usable_size = {
    .name = "contract_usable_size",
    .summary = "a block's usable size is at least its size",
    .symptom = "memory is corrupted",
    .source = "malloc_usable_size(3)",
    .needs = CAN_USABLE_SIZE,
    .prepare = prepare,
    .request_bytes = checked_request_bytes,
    .build = build,
    .drain = drain,
    .each_live = each_live,
};
