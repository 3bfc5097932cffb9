/* Contract of alloc and release: aligned, distinct, whole, left alone. */
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

/* C11 7.22.3: suitable for any object of that size. A small block can hold
 * no object that wants more than the largest power of two within it. */
static enum status demand(struct run *run, const struct allocator_calls *heap,
                          const struct block *block)
{
    const size_t most = settings_integer(run_settings(run), "alignment");
    size_t alignment = 1;
    (void)heap;
    while (2 * alignment <= block->size && 2 * alignment <= most) {
        alignment *= 2;
    }
    return check_alignment(run, block, alignment);
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

static const struct parameter parameters[] = {
    {.key = "alignment",
     .meaning = "of every block that is at least as large",
     .preset = "16",
     .minimum = 1,
     .maximum = 4096},
    {.key = NULL},
};

const struct workload workload_contract_blocks = {
    .name = "contract_blocks",
    .summary = "blocks are aligned, distinct, whole, and left alone",
    .symptom = "memory is corrupted",
    .source = "C11 7.22.3",
    .parameters = parameters,
    .prepare = prepare,
    .request_bytes = checked_request_bytes,
    .build = build,
    .drain = drain,
    .each_live = each_live,
};
