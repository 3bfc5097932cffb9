/* A workload that miscounts: it keeps a block that it says it released. */
#include "workload.h"

enum { BLOCK_BYTES = 32 };

static enum status prepare(struct run *run)
{
    void **blocks = run_scratch(run, 2 * sizeof *blocks);
    run_set_state(run, blocks);
    return blocks ? STATUS_OK : STATUS_FAILED;
}

static size_t request_bytes(const struct run *run)
{
    (void)run;
    return BLOCK_BYTES;
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    void **blocks = run_state(run);
    blocks[0] = heap->alloc(BLOCK_BYTES);
    blocks[1] = heap->alloc(BLOCK_BYTES);
    end_phase(run, &(struct phase){"fill", 2, 2, (uint64_t)2 * BLOCK_BYTES});
    return STATUS_OK;
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    void **blocks = run_state(run);
    heap->release(blocks[0]);
    end_phase(run, &(struct phase){"drain", 2, 0, 0});
    return STATUS_OK;
}

const struct workload workload_liar_tally = {
    .name = "liar_tally",
    .summary = "says that it released what it keeps",
    .symptom = "wrong figures",
    .source = "a mistake that every workload can make",
    .prepare = prepare,
    .request_bytes = request_bytes,
    .build = build,
    .drain = drain,
};
