/* Phases of one size each: what a phase leaves behind, the next, whose blocks
 * are larger, may or may not have.
 */
#include "support/rounds.h"

/* The sizes of the phases, in order. */
static const uint32_t phase_bytes[] = {32, 48, 64, 96, 128, 192, 256, 384};
enum { PHASES = sizeof phase_bytes / sizeof *phase_bytes };

struct state {
    struct rounds rounds;
    size_t peak_blocks; /* live at the end of the first build; 0 before */
};

/* How many blocks a phase makes. */
static uint64_t made_in(const struct settings *settings, size_t phase)
{
    return settings_integer(settings, "live") / phase_bytes[phase];
}

/* The most blocks at a time: as if every phase had the largest, the first,
 * besides the survivors of all. */
static enum status prepare(struct run *run)
{
    const struct settings *settings = run_settings(run);
    struct state *state = run_scratch(run, sizeof *state);
    if (!state) {
        return STATUS_FAILED;
    }
    run_set_state(run, state);
    uint64_t blocks = made_in(settings, 0);
    for (size_t i = 0; i < PHASES; i++) {
        blocks += made_in(settings, i) / settings_integer(settings, "keep");
    }
    return rounds_prepare(run, &state->rounds, blocks);
}

static size_t request_bytes(const struct run *run)
{
    (void)run;
    return phase_bytes[0];
}

static enum status rise_to(struct run *run, const struct allocator_calls *heap,
                           size_t live_blocks, size_t phase,
                           const char *phase_name)
{
    struct state *state = run_state(run);
    const uint32_t bytes = phase_bytes[phase];
    const struct size_range size[] = {{SIZE_MIX_WHOLE, bytes, bytes, 1},
                                      {0, 0, 0, 0}};
    return rounds_rise(run, &state->rounds, heap, live_blocks, size,
                       phase_name);
}

static enum status drop(struct run *run, const struct allocator_calls *heap,
                        const char *phase_name)
{
    struct state *state = run_state(run);
    return rounds_drop(run, &state->rounds, heap,
                       settings_integer(run_settings(run), "keep"),
                       phase_name);
}

/* All phases but the drop of the last, which is the drain; a refill makes the
 * blocks of the last phase that were released. */
static enum status build(struct run *run, const struct allocator_calls *heap)
{
    const struct settings *settings = run_settings(run);
    struct state *state = run_state(run);
    const struct block_table *table = &state->rounds.table;
    if (state->peak_blocks > 0) {
        return rise_to(run, heap, state->peak_blocks, PHASES - 1, "fill");
    }
    for (size_t i = 0; i < PHASES; i++) {
        const bool is_last = i == PHASES - 1;
        enum status status =
            rise_to(run, heap, table->live_blocks + made_in(settings, i), i,
                    is_last ? "fill" : "rise");
        if (status == STATUS_OK && !is_last) {
            status = drop(run, heap, "drop");
        }
        if (status != STATUS_OK) {
            return status;
        }
    }
    state->peak_blocks = table->live_blocks;
    return STATUS_OK;
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
     .meaning = "bytes that each phase makes, in blocks of its size",
     .preset = "150M",
     .minimum = 1024,
     .maximum = UINT64_C(1) << 36},
    {.key = "keep",
     .meaning = "one block in this many survives its phase, to the end",
     .preset = "100",
     .minimum = 1,
     .maximum = UINT64_C(1) << 36},
    {.key = NULL},
};

static struct effort effort(const struct settings *settings)
{
    struct effort effort = {.bytes =
                                PHASES * settings_integer(settings, "live")};
    for (size_t i = 0; i < PHASES; i++) {
        effort.calls += 2 * made_in(settings, i);
    }
    return effort;
}

const struct workload workload_size_class_shift = {
    .name = "size_class_shift",
    .summary = "eight phases of one block size each, 32 to 384 bytes; each "
               "releases all but a few before the next begins",
    .symptom = "a program never holds much at a time, and its memory grows "
               "with every new kind of object",
    .source = "slabs stranded by class: the price of segregated size "
              "classes, which glibc's heap does not pay",
    .parameters = parameters,
    .effort = effort,
    .prepare = prepare,
    .request_bytes = request_bytes,
    .build = build,
    .drain = drain,
    .rest = rest,
    .each_live = each_live,
};
