/* Contract of alloc_zeroed: all bytes zero, also where memory was used. */
#include "checked.h"

enum { LARGE_SHIFT_MAX = 21 }; /* 2 MiB: made twice, so it counts twice */

static enum status prepare(struct run *run)
{
    struct checked *checked = run_scratch(run, sizeof *checked);
    run_set_state(run, checked);
    return checked ? checked_prepare(run, checked, LARGE_SHIFT_MAX)
                   : STATUS_FAILED;
}

static void *make_dirty(const struct allocator_calls *heap,
                        const struct block *block)
{
    return heap->alloc(block->size);
}

/* Every size as a product of two factors, where it is one. */
static void *make_zeroed(const struct allocator_calls *heap,
                         const struct block *block)
{
    const size_t factor = block->size % 3 == 0   ? 3
                          : block->size % 8 == 0 ? 8
                                                 : 1;
    return heap->alloc_zeroed(factor, block->size / factor);
}

static enum status demand(struct run *run, const struct allocator_calls *heap,
                          const struct block *block)
{
    (void)heap;
    for (size_t i = 0; i < block->size; i++) {
        if (block->start[i] != 0) {
            return run_fail(run,
                            "byte %zu of %zu is not zero in a new zeroed "
                            "block",
                            i, block->size);
        }
    }
    return STATUS_OK;
}

/* Memory that was written and released comes first: fresh memory of the
 * system is zeroed whatever the allocator does. */
static enum status build(struct run *run, const struct allocator_calls *heap)
{
    static const struct maker dirty = {make_dirty, NULL};
    static const struct maker zeroed = {make_zeroed, demand};
    struct checked *checked = run_state(run);
    if (checked_fill(run, checked, heap, &dirty, "dirty") != STATUS_OK ||
        checked_drain(run, checked, heap, "released") != STATUS_OK) {
        return STATUS_FAILED;
    }
    return checked_fill(run, checked, heap, &zeroed, "fill");
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    return checked_drain(run, run_state(run), heap, "drain");
}

static void each_live(struct run *run, block_visitor *visit, void *context)
{
    checked_each_live(run_state(run), visit, context);
}

const struct workload workload_contract_zeroed = {
    .name = "contract_zeroed",
    .summary = "zeroed blocks are zero, also in memory used before",
    .symptom = "secrets and garbage in fresh memory",
    .source = "C11 7.22.3.2",
    .needs = CAN_ZEROED,
    .prepare = prepare,
    .request_bytes = checked_request_bytes,
    .build = build,
    .drain = drain,
    .each_live = each_live,
};
