/* Threads come, make their objects, hand a few on and end; others follow.
 *
 * What a thread hands on its successor in the same place releases, after it
 * has made its own: blocks outlive their thread by one generation. The last
 * generation is the peak: its threads hold all that they made.
 */
#include "support/lanes.h"

enum {
    MEAN_BYTES_TWICE = 16 + 1015, /* of the sizes below */
    GENERATIONS_MAX = 240,        /* a sample each, and a report holds 256 */
};

static const struct size_range sizes[] = {
    {SIZE_MIX_WHOLE, 16, 1015, 1},
    {0, 0, 0, 0},
};

struct state {
    struct lanes lanes; /* the first member: lanes.h */
    /* Of each thread: objects that end with it, which have the first slots,
     * and those that it hands on. The slots of these are behind them, one set
     * for even generations and one for odd ones. */
    size_t own, handed;
    size_t keep;
    size_t generation; /* of the run so far */
};

static enum status prepare(struct run *run)
{
    const struct settings *settings = run_settings(run);
    const size_t objects = settings_integer(settings, "objects");
    struct state *state = run_scratch(run, sizeof *state);
    if (!state) {
        return STATUS_FAILED;
    }
    state->keep = settings_integer(settings, "keep");
    state->handed = objects / state->keep;
    state->own = objects - state->handed;
    return lanes_prepare(run, &state->lanes, state->own + 2 * state->handed,
                         2 * objects);
}

static size_t request_bytes(const struct run *run)
{
    (void)run;
    return MEAN_BYTES_TWICE / 2;
}

/* Where the objects that this generation hands on stand. */
static size_t handed_slot(const struct state *state)
{
    return state->own + state->generation % 2 * state->handed;
}

static size_t received_slot(const struct state *state)
{
    return state->own + (state->generation + 1) % 2 * state->handed;
}

/* Of every `keep` objects one is handed on, at random. */
static void draw_objects(const struct state *state, struct lane *lane)
{
    size_t handed = handed_slot(state), slot = 0, in_group = 0;
    const size_t handed_end = handed + state->handed;
    size_t chosen = random_below(&lane->random, state->keep);
    lane_begin(lane);
    while (slot < state->own || handed < handed_end) {
        const bool hands_on =
            handed < handed_end && (in_group == chosen || slot == state->own);
        script_make(&lane->script, hands_on ? handed++ : slot++,
                    size_mix_draw(sizes, &lane->random));
        if (++in_group == state->keep) {
            in_group = 0;
            chosen = random_below(&lane->random, state->keep);
        }
    }
}

/* What it received, then what it made itself, but for what it hands on: the
 * requests that made these stand in the script before `made`. */
static void draw_releases(const struct state *state, struct lane *lane,
                          size_t made)
{
    const size_t received = received_slot(state);
    lane_release(lane, received, received + state->handed);
    for (size_t i = 0; i < made; i++) {
        const struct request request = lane->script.requests[i];
        if (request.slot < state->own) {
            script_release(&lane->script, request.slot, (size_t)request.bytes);
        }
    }
}

/* Threads that come, work and end. */
static enum status generation(struct run *run, struct state *state,
                              const struct allocator_calls *heap)
{
    for (size_t i = 0; i < state->lanes.count; i++) {
        struct lane *lane = &state->lanes.lanes[i];
        draw_objects(state, lane);
        draw_releases(state, lane, lane->script.count);
    }
    const enum status status =
        lanes_run_and_end(run, &state->lanes, heap, "generation");
    state->generation++;
    return status;
}

/* A refill is one generation more. */
static enum status build(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    const size_t last = settings_integer(run_settings(run), "generations") - 1;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && state->generation < last) {
        status = generation(run, state, heap);
    }
    for (size_t i = 0; i < state->lanes.count; i++) {
        draw_objects(state, &state->lanes.lanes[i]);
    }
    return status == STATUS_OK ? lanes_run(run, &state->lanes, heap, "fill")
                               : status;
}

/* The last generation ends. */
static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    for (size_t i = 0; i < state->lanes.count; i++) {
        struct lane *lane = &state->lanes.lanes[i];
        const size_t received = received_slot(state);
        lane_begin(lane);
        lane_release(lane, received, received + state->handed);
        lane_release(lane, 0, state->own);
    }
    state->generation++;
    return lanes_run_and_end(run, &state->lanes, heap, "drain");
}

/* What was handed on last, by threads that were never there before. */
static enum status rest(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    for (size_t i = 0; i < state->lanes.count; i++) {
        struct lane *lane = &state->lanes.lanes[i];
        lane_begin(lane);
        lane_release(lane, 0, lane->table.count);
    }
    return lanes_run_and_end(run, &state->lanes, heap, "rest");
}

static const struct parameter parameters[] = {
    THREADS_PARAMETER("8", "at a time"),
    {.key = "generations",
     .meaning = "of threads, one after the other",
     .preset = "50",
     .minimum = 2,
     .maximum = GENERATIONS_MAX},
    {.key = "objects",
     .meaning = "that each thread makes, of 16 to 1,015 B",
     .preset = "8000",
     .minimum = 1,
     .maximum = 1 << 28},
    {.key = "keep",
     .meaning = "one object in this many is handed on to the thread that "
                "follows",
     .preset = "100",
     .minimum = 1,
     .maximum = 1 << 28},
    {.key = NULL},
};

static struct effort effort(const struct settings *settings)
{
    const uint64_t made = settings_integer(settings, "threads") *
                          settings_integer(settings, "generations") *
                          settings_integer(settings, "objects");
    return (struct effort){.calls = 2 * made,
                           .bytes = made * (MEAN_BYTES_TWICE / 2)};
}

const struct workload workload_thread_churn = {
    .name = "thread_churn",
    .summary = "threads come and end, generation after generation, and hand a "
               "few objects on",
    .symptom = "a program that starts a thread for every task needs more "
               "memory with every thread that has ended",
    .source = "heaps that their thread abandoned; mimalloc#351",
    .parameters = parameters,
    .effort = effort,
    .needs = CAN_THREADS,
    .prepare = prepare,
    .request_bytes = request_bytes,
    .build = build,
    .drain = drain,
    .rest = rest,
    .each_live = lanes_each_live,
    .releaser = lanes_releaser,
};
