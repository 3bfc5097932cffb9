/* Objects of one type are made and released; then another type needs memory.
 *
 * Here every object is released at once and is no longer live: the list it
 * may wait on stands between this workload and the allocator, as the layer
 * `free_list` of the allocator's address. So one stream of requests shows
 * the same allocator bare, under lists with a cap and under lists without,
 * and what waits on a list counts as kept, not as live.
 */
#include "support/objects.h"

struct state {
    struct objects first, second; /* of the one type and of the other */
};

static enum status prepare(struct run *run)
{
    const struct settings *settings = run_settings(run);
    struct state *state = run_scratch(run, sizeof *state);
    if (!state) {
        return STATUS_FAILED;
    }
    run_set_state(run, state);
    const enum status status = objects_prepare(
        run, &state->first, settings_integer(settings, "objects"),
        settings_integer(settings, "size"));
    return status == STATUS_OK
               ? objects_prepare(run, &state->second,
                                 settings_integer(settings, "others"),
                                 settings_integer(settings, "other_size"))
               : status;
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    objects_make(run, &state->first, heap, "first_type");
    objects_release(run, &state->first, heap, state->first.count,
                    "first_released");
    objects_fill(run, &state->second, heap); /* ends the phase `fill` */
    return STATUS_OK;
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    objects_release(run, &state->second, heap, state->second.count, "drain");
    return STATUS_OK;
}

static void each_live(struct run *run, block_visitor *visit, void *context)
{
    const struct state *state = run_state(run);
    objects_each_live(&state->first, visit, context);
    objects_each_live(&state->second, visit, context);
}

/* The presets: an int or a float of a 64-bit Python 2 has 24 bytes (reference
 * count, type, value); the others, twice as large, are as many bytes in all.
 */
static const struct parameter parameters[] = {
    {.key = "objects",
     .meaning = "how many of the first type",
     .preset = "10485760",
     .minimum = 1,
     .maximum = UINT64_C(1) << 36},
    {.key = "size",
     .meaning = "bytes of each",
     .preset = "24",
     .minimum = 1,
     .maximum = UINT64_C(1) << 32},
    {.key = "others",
     .meaning = "how many of the other type are made then",
     .preset = "5242880",
     .minimum = 1,
     .maximum = UINT64_C(1) << 36},
    {.key = "other_size",
     .meaning = "bytes of each; as `size`: the lists can serve them",
     .preset = "48",
     .minimum = 1,
     .maximum = UINT64_C(1) << 32},
    {.key = NULL},
};

static struct effort effort(const struct settings *settings)
{
    const uint64_t first = settings_integer(settings, "objects");
    const uint64_t second = settings_integer(settings, "others");
    return (struct effort){
        .calls = 2 * (first + second),
        .bytes = first * settings_integer(settings, "size") +
                 second * settings_integer(settings, "other_size")};
}

const struct workload workload_typed_free_lists = {
    .name = "typed_free_lists",
    .summary = "objects of one type are made and released, then those of "
               "another; on +free_list=N or unbounded, released ones wait",
    .symptom = "Python 2 ints and floats: a list of millions is gone, and "
               "their memory serves nothing but ints and floats for ever",
    .source = "C. Heimes, python-3000 list, 6 February 2008 (\"Free list for "
              "small longs\"); CPython's unbounded lists of ints and floats",
    .parameters = parameters,
    .effort = effort,
    .prepare = prepare,
    .request_bytes = objects_request_bytes,
    .build = build,
    .drain = drain,
    .each_live = each_live,
};
