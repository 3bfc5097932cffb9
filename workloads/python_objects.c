/* Objects of the sizes that Python programs ask for: a structure of many is
 * built, then given up but for a few.
 */
#include "support/python_sizes.h"
#include "support/rounds.h"

/* The request size that Python programs make most often, in bytes. */
enum {
    COMMON_BYTES = 48,
    MEAN_BYTES = 204, /* of the mix, by what a run of the presets holds */
};

static enum status prepare(struct run *run)
{
    struct rounds *rounds = run_scratch(run, sizeof *rounds);
    run_set_state(run, rounds);
    return rounds
               ? rounds_prepare(run, rounds,
                                settings_integer(run_settings(run), "objects"))
               : STATUS_FAILED;
}

static size_t request_bytes(const struct run *run)
{
    (void)run;
    return COMMON_BYTES;
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    struct rounds *rounds = run_state(run);
    return rounds_rise(run, rounds, heap, rounds->table.count, python_sizes,
                       "fill");
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    return rounds_drop(run, run_state(run), heap,
                       settings_integer(run_settings(run), "keep"), "drain");
}

static enum status rest(struct run *run, const struct allocator_calls *heap)
{
    struct rounds *rounds = run_state(run);
    block_table_release(run, &rounds->table, heap, "rest");
    return STATUS_OK;
}

static void each_live(struct run *run, block_visitor *visit, void *context)
{
    const struct rounds *rounds = run_state(run);
    block_table_each_live(&rounds->table, visit, context);
}

static const struct parameter parameters[] = {
    {.key = "objects",
     .meaning = "how many",
     .preset = "1500000",
     .minimum = 1,
     .maximum = UINT32_MAX},
    {.key = "keep",
     .meaning = "one object in this many survives, at random",
     .preset = "1000",
     .minimum = 1,
     .maximum = UINT64_C(1) << 36},
    {.key = NULL},
};

static struct effort effort(const struct settings *settings)
{
    const uint64_t objects = settings_integer(settings, "objects");
    return (struct effort){.calls = 2 * objects,
                           .bytes = objects * MEAN_BYTES};
}

const struct workload workload_python_objects = {
    .name = "python_objects",
    .summary = "objects of the sizes that Python programs ask for are made, "
               "then all but a few are released",
    .symptom = "a Python process is done with a large structure and keeps "
               "its memory, for a few objects that live on",
    .source = "sizes recorded in real Python programs (docs/traces.md): "
              "pymalloc's own diet",
    .parameters = parameters,
    .effort = effort,
    .prepare = prepare,
    .request_bytes = request_bytes,
    .build = build,
    .drain = drain,
    .rest = rest,
    .each_live = each_live,
};
