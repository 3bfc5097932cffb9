/* A burst of requests on many threads; then the threads wait for more.
 *
 * A request makes many objects and releases them at its end, but for a few
 * that go into a cache. The burst ends while every thread still holds its
 * last request, so that its peak does not depend on how the threads met.
 */
#include "support/lanes.h"

enum { SURVIVES_ONE_IN = 20 }; /* the cache shrinks by 95 % */

static const struct size_range sizes[] = {
    {9000, 100, 1000, 1},
    {1000, 1001, 20000, 1},
    {0, 0, 0, 0},
};

struct state {
    struct lanes lanes; /* the first member: lanes.h */
    /* Of each thread: a request's objects that end with it, which have the
     * first slots, and those that stay, which have the others. */
    size_t short_lived, cached;
    size_t requests, keep;
    bool is_refill;
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
    state->requests = settings_integer(settings, "requests");
    state->cached = objects / state->keep;
    state->short_lived = objects - state->cached;
    return lanes_prepare(run, &state->lanes,
                         state->short_lived + state->requests * state->cached,
                         2 * state->requests * objects);
}

static size_t request_bytes(const struct run *run)
{
    (void)run;
    return 550; /* the mean of nine in ten */
}

/* The objects of one request. Of every `keep` one is cached, at random. */
static void draw_request(const struct state *state, struct lane *lane,
                         size_t request)
{
    size_t cache_slot = state->short_lived + request * state->cached;
    const size_t cache_end = cache_slot + state->cached;
    size_t chosen = random_below(&lane->random, state->keep);
    size_t slot = 0, in_group = 0;
    while (slot < state->short_lived || cache_slot < cache_end) {
        const bool is_cached =
            cache_slot < cache_end &&
            (in_group == chosen || slot == state->short_lived);
        script_make(&lane->script, is_cached ? cache_slot++ : slot++,
                    size_mix_draw(sizes, &lane->random));
        if (++in_group == state->keep) {
            in_group = 0;
            chosen = random_below(&lane->random, state->keep);
        }
    }
}

static void draw_burst(const struct state *state, struct lane *lane)
{
    lane_begin(lane);
    for (size_t request = 0; request < state->requests; request++) {
        const size_t from = lane->script.count;
        draw_request(state, lane, request);
        const size_t to = lane->script.count;
        for (size_t i = from; request + 1 < state->requests && i < to; i++) {
            const struct request made = lane->script.requests[i];
            if (made.slot < state->short_lived) {
                script_release(&lane->script, made.slot, (size_t)made.bytes);
            }
        }
    }
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    for (size_t i = 0; i < state->lanes.count; i++) {
        struct lane *lane = &state->lanes.lanes[i];
        if (state->is_refill) {
            lane_begin(lane);
            lane_make(lane, 0, lane->table.count, sizes);
        } else {
            draw_burst(state, lane);
        }
    }
    state->is_refill = true;
    return lanes_run(run, &state->lanes, heap, "fill");
}

/* The last requests end; then the cache shrinks, each thread's part by the
 * hand of another. */
static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    struct lanes *lanes = &state->lanes;
    for (size_t i = 0; i < lanes->count; i++) {
        lane_begin(&lanes->lanes[i]);
        lane_release(&lanes->lanes[i], 0, state->short_lived);
    }
    const enum status status = lanes_run(run, lanes, heap, "served");
    if (status != STATUS_OK) {
        return status;
    }
    for (size_t i = 0; i < lanes->count; i++) {
        struct lane *lane = &lanes->lanes[i];
        lane_begin(lane);
        lane_release(lane, state->short_lived, lane->table.count);
        script_spare(&lane->script, SURVIVES_ONE_IN, &lane->random);
    }
    return lanes_run_next(run, lanes, heap, "drain");
}

static const struct parameter parameters[] = {
    THREADS_PARAMETER("16", "which serve requests and then wait for more"),
    {.key = "requests",
     .meaning = "that each of them serves",
     .preset = "30",
     .minimum = 1,
     .maximum = 1 << 20},
    {.key = "objects",
     .meaning = "of a request: nine in ten of 100 to 1,000 B, the others up "
                "to 20,000",
     .preset = "2000",
     .minimum = 1,
     .maximum = 1 << 24},
    {.key = "keep",
     .meaning = "one object in this many goes into the cache, which shrinks "
                "by 95 % in the end",
     .preset = "50",
     .minimum = 1,
     .maximum = 1 << 24},
    {.key = NULL},
};

static struct effort effort(const struct settings *settings)
{
    const uint64_t made = settings_integer(settings, "threads") *
                          settings_integer(settings, "requests") *
                          settings_integer(settings, "objects");
    return (struct effort){.calls = 2 * made,
                           .bytes = made * 1545}; /* the mean of the sizes */
}

const struct workload workload_request_burst = {
    .name = "request_burst",
    .summary = "threads serve a burst of requests, leave a little in a cache "
               "that shrinks, and wait for more",
    .symptom = "a web service has served a burst, its threads are idle, and "
               "its memory stays at the peak",
    .source = "an arena for each thread; synalinks#102, mastodon#7257",
    .parameters = parameters,
    .effort = effort,
    .needs = CAN_THREADS,
    .prepare = prepare,
    .request_bytes = request_bytes,
    .build = build,
    .drain = drain,
    .rest = lanes_rest,
    .each_live = lanes_each_live,
    .releaser = lanes_releaser,
};
