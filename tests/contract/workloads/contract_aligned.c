/* Contract of alloc_aligned: every power of two from 16 to 4,096. */
#include "checked.h"

enum {
    ALIGNMENT_MIN = 16,
    ALIGNMENT_MAX = 4096,
    ALIGNMENTS = 9,
    MULTIPLES = 5, /* aligned_alloc wants sizes that are multiples */
    COPIES_OF_EACH = 8,
};

static enum status prepare(struct run *run)
{
    const size_t count = (size_t)ALIGNMENTS * MULTIPLES * COPIES_OF_EACH;
    struct checked *checked = run_scratch(run, sizeof *checked);
    run_set_state(run, checked);
    if (!checked || checked_reserve(run, checked, count) != STATUS_OK) {
        return STATUS_FAILED;
    }
    for (size_t i = 0; i < count; i++) {
        struct block *block = &checked->blocks[i];
        block->alignment = (size_t)ALIGNMENT_MIN << (i % ALIGNMENTS);
        block->size = block->alignment * (i / ALIGNMENTS % MULTIPLES + 1);
    }
    blocks_shuffle(checked->blocks, count, run_random(run));
    return STATUS_OK;
}

static void *make(const struct allocator_calls *heap,
                  const struct block *block)
{
    return heap->alloc_aligned(block->alignment, block->size);
}

static enum status demand(struct run *run, const struct allocator_calls *heap,
                          const struct block *block)
{
    (void)heap;
    return check_alignment(run, block, block->alignment);
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

_Static_assert(ALIGNMENT_MIN << (ALIGNMENTS - 1) == ALIGNMENT_MAX,
               "the table goes from the least to the greatest alignment");

const struct workload workload_contract_aligned = {
    .name = "contract_aligned",
    .summary = "aligned blocks are aligned, distinct, whole, and left alone",
    .symptom = "memory is corrupted",
    .source = "C11 7.22.3.1",
    .needs = CAN_ALIGNED,
    .prepare = prepare,
    .request_bytes = checked_request_bytes,
    .build = build,
    .drain = drain,
    .each_live = each_live,
};
