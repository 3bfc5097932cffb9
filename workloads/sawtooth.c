/* Load comes and goes: cycle after cycle a heap grows and is dropped again.
 */
#include "support/rounds.h"

enum {
    MEAN_BYTES_TWICE = 16 + 511, /* of the sizes below */
    CYCLES_MAX = 100,            /* two samples each, and a report holds 256 */
};

static const uint64_t NS_PER_MS = 1000000;

static const struct size_range sizes[] = {
    {SIZE_MIX_WHOLE, 16, 511, 1},
    {0, 0, 0, 0},
};

struct state {
    struct rounds rounds;
    bool is_refill; /* of which there is one cycle */
};

static enum status prepare(struct run *run)
{
    struct state *state = run_scratch(run, sizeof *state);
    if (!state) {
        return STATUS_FAILED;
    }
    run_set_state(run, state);
    return rounds_prepare(run, &state->rounds,
                          settings_integer(run_settings(run), "live") * 2 /
                              MEAN_BYTES_TWICE);
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
    return rounds_rise(run, &state->rounds, heap, state->rounds.table.count,
                       sizes, phase_name);
}

static enum status drop(struct run *run, const struct allocator_calls *heap,
                        const char *phase_name)
{
    struct state *state = run_state(run);
    return rounds_drop(run, &state->rounds, heap,
                       settings_integer(run_settings(run), "keep"),
                       phase_name);
}

/* All cycles but the drop of the last, which is the drain. */
static enum status build(struct run *run, const struct allocator_calls *heap)
{
    const struct settings *settings = run_settings(run);
    const uint64_t period_ns =
        settings_integer(settings, "period_ms") * NS_PER_MS;
    struct state *state = run_state(run);
    enum status status = STATUS_OK;
    for (uint64_t left =
             state->is_refill ? 1 : settings_integer(settings, "cycles");
         status == STATUS_OK && left > 1; left--) {
        if ((status = rise(run, heap, "rise")) == STATUS_OK &&
            (status = drop(run, heap, "drop")) == STATUS_OK && period_ns) {
            idle(run, period_ns);
        }
    }
    state->is_refill = true;
    return status == STATUS_OK ? rise(run, heap, "fill") : status;
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    return drop(run, heap, "drain");
}

static enum status rest(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    block_table_release(run, &state->rounds.table, heap, "rest");
    return STATUS_OK;
}

static void each_live(struct run *run, block_visitor *visit, void *context)
{
    const struct state *state = run_state(run);
    block_table_each_live(&state->rounds.table, visit, context);
}

static const struct parameter parameters[] = {
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
    {.key = "period_ms",
     .meaning = "milliseconds of silence after every drop but the last",
     .preset = "0",
     .minimum = 0,
     .maximum = 3600000},
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
                           .bytes = cycles * live,
                           .idle_ns = cycles *
                                      settings_integer(settings, "period_ms") *
                                      NS_PER_MS};
}

const struct workload workload_sawtooth = {
    .name = "sawtooth",
    .summary = "cycle after cycle a heap grows to its peak and is dropped",
    .symptom = "load comes and goes every day; memory follows it up and not "
               "down, and every trough is higher than the last",
    .source = "diurnal load; jemalloc#2817: resident memory ratchets up",
    .parameters = parameters,
    .effort = effort,
    .prepare = prepare,
    .request_bytes = request_bytes,
    .build = build,
    .drain = drain,
    .rest = rest,
    .each_live = each_live,
};
