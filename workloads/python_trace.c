/* A recorded Python program, replayed: the requests that a real interpreter
 * made, in its order and of its sizes.
 *
 * Up to the peak of live bytes it fills; what the program did after that is
 * the drain. What the program still held when its interpreter began to take
 * itself down survives: a process that lives on keeps it. A refill first gives
 * up what of that was made after the peak, then makes all that was live there.
 */
#include <string.h>

#include "support/python_trace_requests.h"
#include "support/tally.h"

/* What blocks are filled with: any byte but 0. */
enum { CONTENTS = 0x5a };

/* The request size that Python programs make most often, in bytes. */
enum { COMMON_BYTES = 48 };

struct slot {
    void *block; /* NULL: not live */
    uint64_t size;
};

struct state {
    struct python_requests requests;
    struct slot *slots; /* by the number of a block */
    uint32_t slot_count;
    bool is_refill; /* what survived the first drain is live */
    struct tally tally;
};

static void *scratch(void *context, size_t bytes)
{
    return run_scratch(context, bytes);
}

static enum status prepare(struct run *run)
{
    struct reason reason = {""};
    struct state *state = run_scratch(run, sizeof *state);
    if (!state) {
        return STATUS_FAILED;
    }
    run_set_state(run, state);
    const char *file = settings_text(run_settings(run), "file");
    struct python_requests *requests = &state->requests;
    if (python_requests_load(requests, file, scratch, run, &reason) !=
        STATUS_OK) {
        /* Without one the scratch has said why. */
        return reason.text[0] ? run_fail(run, "%s", reason.text)
                              : STATUS_FAILED;
    }
    state->slot_count = requests->block_count + requests->kept_count;
    state->slots = run_scratch(run, state->slot_count * sizeof *state->slots);
    return state->slots ? STATUS_OK : STATUS_FAILED;
}

static size_t request_bytes(const struct run *run)
{
    (void)run;
    return COMMON_BYTES;
}

/* Whether the allocator answered all requests from `at` to `end`. */
static bool replay_batch(const struct allocator_calls *heap,
                         struct slot *slots, const struct python_request *at,
                         const struct python_request *end, struct tally *sums)
{
    const struct allocator_calls calls = *heap;
    struct tally tally = *sums;
    tally.operations += (uint64_t)(end - at);
    for (; at < end; at++) {
        struct slot *slot = &slots[at->block];
        const uint64_t size = at->size;
        switch ((enum python_request_kind)at->kind) {
        case PYTHON_REQUEST_ALLOC:
        case PYTHON_REQUEST_ALLOC_ZEROED:
            slot->block = at->kind == PYTHON_REQUEST_ALLOC
                              ? calls.alloc(size)
                              : calls.alloc_zeroed(1, size);
            if (!slot->block) {
                return false;
            }
            memset(slot->block, CONTENTS, size);
            tally.live_blocks++;
            tally.live_bytes += size;
            break;
        case PYTHON_REQUEST_RESIZE:
            slot->block = calls.resize(slot->block, size);
            if (!slot->block) {
                return false;
            }
            if (size > slot->size) {
                memset((char *)slot->block + slot->size, CONTENTS,
                       size - slot->size);
            }
            tally.live_bytes += size - slot->size;
            break;
        case PYTHON_REQUEST_RELEASE:
            calls.release(slot->block);
            slot->block = NULL;
            tally.live_blocks--;
            tally.live_bytes -= slot->size;
            break;
        }
        slot->size = size;
    }
    *sums = tally;
    return true;
}

static enum status replay(struct run *run, const struct allocator_calls *heap,
                          size_t first, size_t last)
{
    struct state *state = run_state(run);
    const struct python_request *items = state->requests.items;
    while (first < last) {
        const size_t left = last - first;
        const size_t end =
            first + (left < BATCH_OPERATIONS ? left : BATCH_OPERATIONS);
        if (!replay_batch(heap, state->slots, items + first, items + end,
                          &state->tally)) {
            return run_fail(run, "out of memory between call %zu and %zu",
                            first, end);
        }
        tally_publish(run, &state->tally);
        first = end;
    }
    return STATUS_OK;
}

/* Releases what is live among the slots from `first` to `last`. */
static void release(struct state *state, const struct allocator_calls *heap,
                    uint32_t first, uint32_t last)
{
    struct tally tally = state->tally;
    for (struct slot *slot = state->slots + first; slot < state->slots + last;
         slot++) {
        if (slot->block) {
            heap->release(slot->block);
            slot->block = NULL;
            tally_released(&tally, 1, slot->size);
        }
    }
    state->tally = tally;
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    if (state->is_refill) {
        release(state, heap, 0, state->requests.block_count);
        python_requests_leave_out_kept(&state->requests);
        state->tally.operations = 0;
        begin_phase(run);
    }
    const enum status status =
        replay(run, heap, 0, state->requests.fill_count);
    if (status == STATUS_OK) {
        tally_end_phase(run, &state->tally, "fill");
    }
    return status;
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    const struct python_requests *requests = &state->requests;
    const enum status status =
        replay(run, heap, requests->fill_count, requests->count);
    if (status == STATUS_OK) {
        tally_end_phase(run, &state->tally, "drain");
    }
    state->is_refill = true;
    return status;
}

static enum status rest(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    release(state, heap, 0, state->slot_count);
    tally_end_phase(run, &state->tally, "rest");
    return STATUS_OK;
}

static void each_live(struct run *run, block_visitor *visit, void *context)
{
    const struct state *state = run_state(run);
    for (uint32_t i = 0; i < state->slot_count; i++) {
        if (state->slots[i].block) {
            visit(context, state->slots[i].block, state->slots[i].size);
        }
    }
}

static const struct parameter parameters[] = {
    {.key = "file",
     .meaning = "the recording: the path of a trace, with a slash in it, or "
                "the one in this program, start_up",
     .preset = "start_up",
     .is_file = true},
    {.key = NULL},
};

const struct workload workload_python_trace = {
    .name = "python_trace",
    .summary = "a recorded Python program, replayed call by call",
    .symptom = "a long-running Python process keeps the memory of its peak",
    .source = "python_recorder: real interpreters (docs/traces.md)",
    .parameters = parameters,
    .needs = CAN_RESIZE | CAN_ZEROED,
    .prepare = prepare,
    .request_bytes = request_bytes,
    .build = build,
    .drain = drain,
    .rest = rest,
    .each_live = each_live,
};
