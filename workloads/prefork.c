/* A server that loads its heap and then forks workers, which share it until
 * they write.
 *
 * Which blocks a process writes and releases is drawn in `prepare`, so that
 * no choice is timed. A process that is forked writes to its copy of the
 * tables here, which are scratch and in no figure.
 */
#include <string.h>

#include "support/script.h"
#include "support/size_mix.h"

enum {
    MEAN_BYTES_TWICE = 16 + 511, /* of the sizes below */
    PERCENT = 100,
    TOUCHED = 1, /* bits of what a process does with a block */
    RELEASED = 2,
};

static const struct size_range sizes[] = {
    {SIZE_MIX_WHOLE, 16, 511, 1},
    {0, 0, 0, 0},
};

struct state {
    struct crew *crew;
    struct block_table table; /* the heap that is there before the fork */
    struct script script;     /* makes it */
    unsigned char *uses;      /* of each block, process by process */
    struct block_slot *own;   /* what a process makes itself */
    size_t own_count;
    bool is_forked; /* before: a refill and its drain fork nobody */
};

static uint64_t blocks_of(uint64_t live_bytes)
{
    return live_bytes * 2 / MEAN_BYTES_TWICE;
}

/* ---- before the base sample -----------------------------------------------
 */

static void draw_uses(struct run *run, const struct state *state)
{
    const struct settings *settings = run_settings(run);
    const uint64_t touch_percent = settings_integer(settings, "touch");
    const uint64_t release_percent = settings_integer(settings, "release");
    const size_t count =
        state->table.count * settings_integer(settings, "workers");
    struct random *random = run_random(run);
    for (size_t i = 0; i < count; i++) {
        const bool touched = random_below(random, PERCENT) < touch_percent;
        const bool released = random_below(random, PERCENT) < release_percent;
        state->uses[i] = (unsigned char)((touched ? TOUCHED : 0) |
                                         (released ? RELEASED : 0));
    }
}

static void draw_blocks(struct run *run, struct state *state)
{
    for (size_t i = 0; i < state->table.count; i++) {
        script_make(&state->script, i, size_mix_draw(sizes, run_random(run)));
    }
    for (size_t i = 0; i < state->own_count; i++) {
        state->own[i].bytes = size_mix_draw(sizes, run_random(run));
    }
}

static enum status prepare(struct run *run)
{
    const struct settings *settings = run_settings(run);
    const uint64_t workers = settings_integer(settings, "workers");
    const uint64_t blocks = blocks_of(settings_integer(settings, "live")) + 1;
    struct state *state = run_scratch(run, sizeof *state);
    if (!state || block_table_prepare(run, &state->table, blocks) ||
        script_prepare(run, &state->script, blocks)) {
        return STATUS_FAILED;
    }
    state->own_count = blocks_of(settings_integer(settings, "own"));
    state->own = run_scratch(run, (state->own_count + 1) * sizeof *state->own);
    state->uses = run_scratch(run, blocks * workers);
    state->crew = run_crew(run, (unsigned)workers);
    if (!state->own || !state->uses || !state->crew) {
        return STATUS_FAILED;
    }
    draw_blocks(run, state);
    draw_uses(run, state);
    run_set_state(run, state);
    return STATUS_OK;
}

static size_t request_bytes(const struct run *run)
{
    (void)run;
    return MEAN_BYTES_TWICE / 2;
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    return script_run(run, &state->script, &state->table, heap, "fill");
}

/* ---- what a forked process does -------------------------------------------
 */

static const unsigned char *uses_of(const struct state *state,
                                    const struct hand *hand)
{
    return state->uses + hand->index * state->table.count;
}

/* A reference count, say, is written. */
static enum status touch(struct hand *hand, const struct allocator_calls *heap,
                         void *context)
{
    const struct state *state = context;
    const unsigned char *uses = uses_of(state, hand);
    (void)heap;
    for (size_t i = 0; i < state->table.count; i++) {
        if (uses[i] & TOUCHED) {
            *(volatile unsigned char *)state->table.slots[i].block = 1;
        }
    }
    return STATUS_OK;
}

static enum status make_own(struct hand *hand,
                            const struct allocator_calls *heap, void *context)
{
    const struct state *state = context;
    for (size_t i = 0; i < state->own_count; i++) {
        struct block_slot *slot = &state->own[i];
        slot->block = heap->alloc(slot->bytes);
        if (!slot->block) {
            return explain(&hand->reason, STATUS_FAILED,
                           "alloc(%zu) returned NULL in forked process %u",
                           slot->bytes, hand->index + 1);
        }
        memset(slot->block, 1, slot->bytes);
        hand->live_bytes += slot->bytes;
    }
    hand->operations += state->own_count;
    hand->live_blocks += state->own_count;
    hand_publish(hand);
    return STATUS_OK;
}

static void release_slot(struct hand *hand, const struct allocator_calls *heap,
                         const struct block_slot *slot)
{
    heap->release(slot->block);
    hand->operations++;
    hand->live_blocks--;
    hand->live_bytes -= slot->bytes;
}

/* What it made, and its part of what it was given. */
static enum status release(struct hand *hand,
                           const struct allocator_calls *heap, void *context)
{
    const struct state *state = context;
    const unsigned char *uses = uses_of(state, hand);
    for (size_t i = 0; i < state->own_count; i++) {
        release_slot(hand, heap, &state->own[i]);
    }
    hand_publish(hand);
    for (size_t i = 0; i < state->table.count; i++) {
        if (uses[i] & RELEASED) {
            release_slot(hand, heap, &state->table.slots[i]);
        }
    }
    hand_publish(hand);
    return STATUS_OK;
}

/* ---- what the server does -------------------------------------------------
 */

static void end_phase_of_all(struct run *run, const struct state *state,
                             const char *name, uint64_t operations)
{
    const struct phase phase = {name, operations, state->table.live_blocks,
                                state->table.live_bytes};
    end_phase(run, &phase);
}

static enum status work(struct run *run, struct state *state)
{
    static const struct {
        crew_body *body;
        const char *phase_name;
    } steps[] = {
        {touch, "touched"}, {make_own, "made"}, {release, "released"}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        uint64_t operations = 0;
        const enum status status =
            crew_run(run, state->crew, steps[i].body, state, &operations);
        if (status != STATUS_OK) {
            return status;
        }
        end_phase_of_all(run, state, steps[i].phase_name, operations);
    }
    return STATUS_OK;
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    if (!state->is_forked) {
        state->is_forked = true;
        enum status status = crew_start(run, state->crew, heap);
        if (status != STATUS_OK) {
            return status;
        }
        end_phase_of_all(run, state, "forked", 0);
        if ((status = work(run, state)) != STATUS_OK) {
            return status;
        }
    }
    block_table_release(run, &state->table, heap, "drain");
    return STATUS_OK;
}

static enum status rest(struct run *run, const struct allocator_calls *heap)
{
    const struct state *state = run_state(run);
    (void)heap;
    crew_end(state->crew);
    end_phase_of_all(run, state, "rest", 0);
    return STATUS_OK;
}

static void each_live(struct run *run, block_visitor *visit, void *context)
{
    const struct state *state = run_state(run);
    block_table_each_live(&state->table, visit, context);
}

static const struct parameter parameters[] = {
    {.key = "workers",
     .meaning = "processes that are forked and stay to the end",
     .preset = "8",
     .minimum = 1,
     .maximum = CREW_MAX},
    {.key = "live",
     .meaning = "bytes that are there before the fork, in blocks of 16 to 511",
     .preset = "100M",
     .minimum = 1024,
     .maximum = UINT64_C(1) << 36},
    {.key = "touch",
     .meaning = "percent of these blocks that every worker writes a byte of, "
                "at random",
     .preset = "10",
     .maximum = PERCENT},
    {.key = "own",
     .meaning = "bytes that every worker makes itself and releases, in such "
                "blocks",
     .preset = "4M",
     .maximum = UINT64_C(1) << 36},
    {.key = "release",
     .meaning = "percent of the blocks from before the fork that every worker "
                "releases, at random",
     .preset = "50",
     .maximum = PERCENT},
    {.key = NULL},
};

static struct effort effort(const struct settings *settings)
{
    const uint64_t workers = settings_integer(settings, "workers");
    const uint64_t live = settings_integer(settings, "live");
    const uint64_t own = settings_integer(settings, "own");
    const uint64_t released =
        blocks_of(live) * settings_integer(settings, "release") / PERCENT;
    return (struct effort){
        .calls =
            2 * blocks_of(live) + workers * (2 * blocks_of(own) + released),
        .bytes = live + workers * (live + own), /* every page may be copied */
    };
}

const struct workload workload_prefork = {
    .name = "prefork",
    .summary = "a server fills its heap and forks workers that write, make "
               "and release blocks; then the server drops its own",
    .symptom = "every worker of a web server comes to hold a copy of the "
               "heap that they shared",
    .source = "preforking servers (gunicorn, uwsgi, puma); gc.freeze of "
              "CPython 3.7",
    .parameters = parameters,
    .effort = effort,
    .needs = CAN_FORK,
    .prepare = prepare,
    .request_bytes = request_bytes,
    .build = build,
    .drain = drain,
    .rest = rest,
    .each_live = each_live,
};
