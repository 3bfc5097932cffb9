/* A burst of requests on many threads; then the threads wait for more.
 *
 * A request makes many objects and releases them at its end, but for a few
 * that go into a cache. A pool hands requests to its threads in turn, and few
 * are under way at a time: threads of a service run in turn on few CPUs or
 * under an interpreter's lock, and each of them has had its request in the
 * end. So the requests are never all live at once, and what an allocator
 * keeps for each thread is its own doing. The burst ends while the last ones
 * are under way still, so that its peak does not depend on how threads met.
 */
#include <pthread.h>

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
    size_t at_once; /* requests under way; threads at most */
    bool is_refill;

    pthread_mutex_t mutex; /* of what follows */
    pthread_cond_t *turn;  /* of each thread */
    size_t ended;          /* requests of the burst */
    bool failed;           /* nobody is waited for any more */
};

static enum status prepare(struct run *run)
{
    const struct settings *settings = run_settings(run);
    const size_t objects = settings_integer(settings, "objects");
    struct state *state = run_scratch(run, sizeof *state);
    if (!state) {
        return STATUS_FAILED;
    }
    const size_t threads = settings_integer(settings, "threads");
    const size_t at_once = settings_integer(settings, "at_once");
    state->turn = run_scratch(run, threads * sizeof *state->turn);
    if (!state->turn) {
        return STATUS_FAILED;
    }
    (void)pthread_mutex_init(&state->mutex, NULL);
    for (size_t i = 0; i < threads; i++) {
        (void)pthread_cond_init(&state->turn[i], NULL);
    }
    state->at_once = at_once < threads ? at_once : threads;
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

/* The last threads hold their last requests when the burst ends. */
static bool is_held(const struct state *state, size_t thread, size_t request)
{
    return request + 1 == state->requests &&
           thread >= state->lanes.count - state->at_once;
}

static void draw_burst(const struct state *state, size_t thread,
                       struct lane *lane)
{
    lane_begin(lane);
    for (size_t request = 0; request < state->requests; request++) {
        const size_t from = lane->script.count;
        draw_request(state, lane, request);
        const size_t to = lane->script.count;
        for (size_t i = from; !is_held(state, thread, request) && i < to;
             i++) {
            const struct request made = lane->script.requests[i];
            if (made.slot < state->short_lived) {
                script_release(&lane->script, made.slot, (size_t)made.bytes);
            }
        }
    }
}

/* ---- turns ----------------------------------------------------------------
 */

/* Request k of the burst begins when all before it but `at_once` - 1 have
 * ended: whichever those are, no more are ever under way. */
static void await_turn(struct state *state, size_t turn)
{
    (void)pthread_mutex_lock(&state->mutex);
    while (turn >= state->ended + state->at_once && !state->failed) {
        (void)pthread_cond_wait(&state->turn[turn % state->lanes.count],
                                &state->mutex);
    }
    (void)pthread_mutex_unlock(&state->mutex);
}

/* One more may begin, and its thread alone wakes: others would only cost CPU
 * time that is no allocator's. */
static void end_turn(struct state *state, enum status status)
{
    (void)pthread_mutex_lock(&state->mutex);
    const size_t next = state->ended++ + state->at_once;
    state->failed = state->failed || status != STATUS_OK;
    (void)pthread_cond_signal(&state->turn[next % state->lanes.count]);
    for (size_t i = 0; state->failed && i < state->lanes.count; i++) {
        (void)pthread_cond_signal(&state->turn[i]);
    }
    (void)pthread_mutex_unlock(&state->mutex);
}

/* The part of a thread's script that is one request. */
static struct script script_of(const struct state *state,
                               const struct lane *lane, size_t request)
{
    const size_t length = 2 * state->short_lived + state->cached;
    const size_t from = request * length;
    const size_t left = lane->script.count - from;
    return (struct script){.requests = lane->script.requests + from,
                           .count = left < length ? left : length};
}

static enum status serve(struct member *member,
                         const struct allocator_calls *heap, void *context)
{
    struct state *state = context;
    struct lane *lane = &state->lanes.lanes[member->index];
    enum status status = STATUS_OK;
    for (size_t i = 0; i < state->requests && status == STATUS_OK; i++) {
        const struct script script = script_of(state, lane, i);
        await_turn(state, i * state->lanes.count + member->index);
        status = script_run_member(member, &script, &lane->table, heap);
        if (!is_held(state, member->index, i) || status != STATUS_OK) {
            end_turn(state, status);
        }
    }
    return status;
}

/* ---- steps ----------------------------------------------------------------
 */

/* As many blocks live again as there were at the peak. */
static enum status refill(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    for (size_t i = 0; i < state->lanes.count; i++) {
        struct lane *lane = &state->lanes.lanes[i];
        const bool held = is_held(state, i, state->requests - 1);
        lane_begin(lane);
        lane_make(lane, held ? 0 : state->short_lived, lane->table.count,
                  sizes);
    }
    return lanes_run(run, &state->lanes, heap, "fill");
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    if (state->is_refill) {
        return refill(run, heap);
    }
    state->is_refill = true;
    for (size_t i = 0; i < state->lanes.count; i++) {
        draw_burst(state, i, &state->lanes.lanes[i]);
    }
    return lanes_run_body(run, &state->lanes, serve, heap, "fill");
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
    {.key = "at_once",
     .meaning = "requests under way at a time; as many as there are threads "
                "at most",
     .preset = "2",
     .minimum = 1,
     .maximum = LANES_MAX},
    {.key = "requests",
     .meaning = "that each thread serves",
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
