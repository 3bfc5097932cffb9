/* Contract of a thread-safe allocator: blocks made by one thread are released
 * by its neighbour, all at once. */
#include <stdbool.h>

#include "checked.h"

enum {
    MEMBERS = 4,
    BLOCKS_EACH = 4096,
    BYTES_MAX = 512,
};

struct state {
    struct team *team;
    struct block (*shares[MEMBERS])[BLOCKS_EACH]; /* set by their makers */
    bool live;
};

static enum status prepare(struct run *run)
{
    struct state *state = run_scratch(run, sizeof *state);
    run_set_state(run, state);
    if (!state) {
        return STATUS_FAILED;
    }
    state->team = run_team(run, MEMBERS, sizeof *state->shares[0]);
    return state->team ? STATUS_OK : STATUS_FAILED;
}

static enum status fill(struct member *member,
                        const struct allocator_calls *heap, void *context)
{
    struct state *state = context;
    struct block(*share)[BLOCKS_EACH] = member->scratch;
    state->shares[member->index] = share;
    member->live_blocks = member->live_bytes = 0;
    for (size_t i = 0; i < BLOCKS_EACH; i++) {
        struct block *block = &(*share)[i];
        block->stamp = random_next(&member->random);
        block->size = random_below(&member->random, BYTES_MAX) + 1;
        block->start = heap->alloc(block->size);
        if (!block->start) {
            return explain(&member->reason, STATUS_FAILED,
                           "alloc(%zu) returned NULL", block->size);
        }
        block_write(block, 0);
        member->live_bytes += (int64_t)block->size;
    }
    member->operations = BLOCKS_EACH;
    member->live_blocks = BLOCKS_EACH;
    return STATUS_OK;
}

static enum status drain_neighbour(struct member *member,
                                   const struct allocator_calls *heap,
                                   void *context)
{
    const struct state *state = context;
    struct block(*share)[BLOCKS_EACH] =
        state->shares[(member->index + 1) % member->count];
    member->operations = 0;
    member_barrier(member);
    for (size_t i = 0; i < BLOCKS_EACH; i++) {
        struct block *block = &(*share)[i];
        for (size_t j = 0; j < block->size; j++) {
            if (block->start[j] != checked_byte(block, j)) {
                return explain(&member->reason, STATUS_FAILED,
                               "a block of %zu bytes lost its contents",
                               block->size);
            }
        }
        heap->release(block->start);
        member->live_blocks--;
        member->live_bytes -= (int64_t)block->size;
        member->operations++;
    }
    return STATUS_OK;
}

static enum status step(struct run *run, const struct allocator_calls *heap,
                        team_body *body, const char *name)
{
    struct state *state = run_state(run);
    struct phase total = {.name = name};
    const enum status status =
        run_threads(run, state->team, heap, body, state, &total);
    if (status == STATUS_OK) {
        state->live = total.live_blocks > 0;
        end_phase(run, &total);
    }
    return status;
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    return step(run, heap, fill, "fill");
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    return step(run, heap, drain_neighbour, "drain");
}

static void each_live(struct run *run, block_visitor *visit, void *context)
{
    const struct state *state = run_state(run);
    for (size_t m = 0; state->live && m < MEMBERS; m++) {
        for (size_t i = 0; i < BLOCKS_EACH; i++) {
            const struct block *block = &(*state->shares[m])[i];
            visit(context, block->start, block->size);
        }
    }
}

const struct workload workload_contract_threads = {
    .name = "contract_threads",
    .summary = "four threads release what their neighbours made",
    .symptom = "memory is corrupted",
    .source = "POSIX: malloc and free are thread-safe",
    .needs = CAN_THREADS,
    .prepare = prepare,
    .request_bytes = checked_request_bytes,
    .build = build,
    .drain = drain,
    .each_live = each_live,
};
