/* Blocks that nobody writes to: requested, live, and not resident. */
#include "workload.h"

enum { BLOCKS = 256, BLOCK_BYTES = 1 << 20 };

struct state {
    void *blocks[BLOCKS];
    size_t live_from;
};

static enum status prepare(struct run *run)
{
    struct state *state = run_scratch(run, sizeof *state);
    run_set_state(run, state);
    if (state) {
        state->live_from = BLOCKS;
    }
    return state ? STATUS_OK : STATUS_FAILED;
}

static size_t request_bytes(const struct run *run)
{
    (void)run;
    return BLOCK_BYTES;
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    for (size_t i = 0; i < BLOCKS; i++) {
        state->blocks[i] = heap->alloc(BLOCK_BYTES);
        if (!state->blocks[i]) {
            return run_fail(run, "block %zu: NULL", i);
        }
    }
    state->live_from = 0;
    end_phase(run, &(struct phase){"fill", BLOCKS, BLOCKS,
                                   (uint64_t)BLOCKS * BLOCK_BYTES});
    return STATUS_OK;
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    for (size_t i = 0; i < BLOCKS; i++) {
        heap->release(state->blocks[i]);
    }
    state->live_from = BLOCKS;
    end_phase(run, &(struct phase){"drain", BLOCKS, 0, 0});
    return STATUS_OK;
}

static void each_live(struct run *run, block_visitor *visit, void *context)
{
    const struct state *state = run_state(run);
    for (size_t i = state->live_from; i < BLOCKS; i++) {
        visit(context, state->blocks[i], BLOCK_BYTES);
    }
}

const struct workload workload_untouched = {
    .name = "untouched",
    .summary = "blocks that nobody writes to, for tests of the instruments",
    .symptom = "none: it is a test",
    .source = "none: it is a test",
    .prepare = prepare,
    .request_bytes = request_bytes,
    .build = build,
    .drain = drain,
    .each_live = each_live,
};
