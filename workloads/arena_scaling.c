/* Equal objects are made and released in zigzag order, for ever more arenas.
 *
 * pymalloc keeps its arenas sorted by their free pools. Up to Python 3.7 an
 * arena whose count changed was moved along the list one step at a time, so a
 * release could cost as much as there are arenas; a sweep of `live` shows
 * whether the time of a release grows with it.
 */
#include "support/objects.h"
#include "support/zigzag.h"

struct state {
    struct objects objects;
    void **room; /* where the order of release is built */
};

static enum status prepare(struct run *run)
{
    const struct settings *settings = run_settings(run);
    const size_t size = settings_integer(settings, "size");
    const size_t count = settings_integer(settings, "live") / size;
    struct state *state = run_scratch(run, sizeof *state);
    if (!state ||
        objects_prepare(run, &state->objects, count, size) != STATUS_OK) {
        return STATUS_FAILED;
    }
    run_set_state(run, state);
    state->room = run_scratch(run, count * sizeof *state->room);
    return state->room ? STATUS_OK : STATUS_FAILED;
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    objects_fill(run, &state->objects, heap);
    return STATUS_OK;
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    struct objects *objects = &state->objects;
    slots_zigzag(objects->slots, objects->count, objects->size, state->room);
    begin_phase(run);
    objects_release(run, objects, heap, objects->count, "drain");
    return STATUS_OK;
}

static void each_live(struct run *run, block_visitor *visit, void *context)
{
    const struct state *state = run_state(run);
    objects_each_live(&state->objects, visit, context);
}

/* The largest objects that every pymalloc serves from arenas: the fewest
 * releases for each pool that becomes free. */
static const struct parameter parameters[] = {
    {.key = "live",
     .meaning = "bytes of all objects",
     .preset = "1048576000",
     .minimum = 1,
     .maximum = UINT64_C(1) << 40},
    {.key = "size",
     .meaning = "bytes of each",
     .preset = "256",
     .minimum = 1,
     .maximum = UINT64_C(1) << 32},
    {.key = NULL},
};

static struct effort effort(const struct settings *settings)
{
    const uint64_t live = settings_integer(settings, "live");
    return (struct effort){.calls =
                               2 * (live / settings_integer(settings, "size")),
                           .bytes = live};
}

const struct workload workload_arena_scaling = {
    .name = "arena_scaling",
    .summary = "equal objects are made and released in zigzag order, for ever "
               "more arenas",
    .symptom = "dropping a structure twice as large takes four times as long",
    .source = "bpo-37029: a release was linear in the number of arenas",
    .parameters = parameters,
    .effort = effort,
    .prepare = prepare,
    .request_bytes = objects_request_bytes,
    .build = build,
    .drain = drain,
    .each_live = each_live,
};
