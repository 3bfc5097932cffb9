/* Load comes and goes on many threads at once: sawtooth, each thread with its
 * share of the heap.
 *
 * A workload of its own and no parameter of sawtooth, which needs no threads
 * and so runs on every allocator.
 */
#include "support/lanes.h"

enum {
    MEAN_BYTES_TWICE = 16 + 511, /* of the sizes below */
    CYCLES_MAX = 100,            /* two samples each, and a report holds 256 */
};

static const struct size_range sizes[] = {
    {SIZE_MIX_WHOLE, 16, 511, 1},
    {0, 0, 0, 0},
};

struct state {
    struct lanes lanes; /* the first member: lanes.h */
    bool is_refill;     /* of which there is one cycle */
};

static enum status prepare(struct run *run)
{
    const struct settings *settings = run_settings(run);
    struct state *state = run_scratch(run, sizeof *state);
    const uint64_t blocks = settings_integer(settings, "live") * 2 /
                                MEAN_BYTES_TWICE /
                                settings_integer(settings, "threads") +
                            1;
    return lanes_prepare(run, state ? &state->lanes : NULL, blocks, blocks);
}

static size_t request_bytes(const struct run *run)
{
    (void)run;
    return MEAN_BYTES_TWICE / 2;
}

static enum status rise(struct run *run, const struct allocator_calls *heap,
                        const char *phase_name)
{
    struct state *state = run_state(run);
    for (size_t i = 0; i < state->lanes.count; i++) {
        struct lane *lane = &state->lanes.lanes[i];
        lane_begin(lane);
        lane_make(lane, 0, lane->table.count, sizes);
    }
    return lanes_run(run, &state->lanes, heap, phase_name);
}

/* What the last rise made, but for the survivors. */
static enum status drop(struct run *run, const struct allocator_calls *heap,
                        const char *phase_name)
{
    struct state *state = run_state(run);
    const uint64_t keep = settings_integer(run_settings(run), "keep");
    for (size_t i = 0; i < state->lanes.count; i++) {
        struct lane *lane = &state->lanes.lanes[i];
        script_spare(&lane->script, keep, &lane->random);
        script_invert(&lane->script);
    }
    return lanes_run(run, &state->lanes, heap, phase_name);
}

/* All cycles but the drop of the last, which is the drain. */
static enum status build(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    enum status status = STATUS_OK;
    for (uint64_t left = state->is_refill
                             ? 1
                             : settings_integer(run_settings(run), "cycles");
         status == STATUS_OK && left > 1; left--) {
        status = rise(run, heap, "rise");
        if (status == STATUS_OK) {
            status = drop(run, heap, "drop");
        }
    }
    state->is_refill = true;
    return status == STATUS_OK ? rise(run, heap, "fill") : status;
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    return drop(run, heap, "drain");
}

static const struct parameter parameters[] = {
    THREADS_PARAMETER("8", "which share the heap equally"),
    {.key = "live",
     .meaning = "bytes at the peak of every cycle, in blocks of 16 to 511",
     .preset = "300M",
     .minimum = 1024,
     .maximum = UINT64_C(1) << 39},
    {.key = "cycles",
     .meaning = "how many; the first refill is one more",
     .preset = "6",
     .minimum = 1,
     .maximum = CYCLES_MAX},
    {.key = "keep",
     .meaning = "one block in this many survives its cycle, to the end",
     .preset = "200",
     .minimum = 1,
     .maximum = UINT64_C(1) << 36},
    {.key = NULL},
};

static struct effort effort(const struct settings *settings)
{
    const uint64_t live = settings_integer(settings, "live");
    const uint64_t cycles = settings_integer(settings, "cycles");
    return (struct effort){.calls = 4 * cycles * (live / MEAN_BYTES_TWICE),
                           .bytes = cycles * live};
}

const struct workload workload_sawtooth_threads = {
    .name = "sawtooth_threads",
    .summary = "cycle after cycle the heaps of several threads grow to their "
               "peak and are dropped",
    .symptom = "load comes and goes every day, and the more threads serve it "
               "the less memory comes back",
    .source = "diurnal load; jemalloc#2817: resident memory ratchets up",
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
