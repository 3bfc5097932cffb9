/* Many equal objects are made, and all but 1 in `keep` are released. */
#include <stdbool.h>
#include <string.h>

#include "support/objects.h"

struct state {
    struct objects objects;
    void **kept;       /* where the survivors are gathered */
    size_t kept_count; /* how many there will be */
    bool parted;       /* the survivors stand at the end of the slots */
};

enum order { FIFO, LIFO, SHUFFLED };
static const char *const orders[] = {
    [FIFO] = "fifo", [LIFO] = "lifo", [SHUFFLED] = "shuffled", NULL};

enum pattern { REGULAR, SCATTERED, FIRST, LAST, RUNS };
static const char *const patterns[] = {
    [REGULAR] = "regular", [SCATTERED] = "scattered", [FIRST] = "first",
    [LAST] = "last",       [RUNS] = "runs",           NULL};

static enum status prepare(struct run *run)
{
    const struct settings *settings = run_settings(run);
    const size_t count = settings_integer(settings, "objects");
    struct state *state = run_scratch(run, sizeof *state);
    if (!state) {
        return STATUS_FAILED;
    }
    run_set_state(run, state);
    /* A run may end beyond the last object: then fewer survive, never more.
     */
    state->kept_count = count / settings_integer(settings, "keep");
    state->kept =
        run_scratch(run, (state->kept_count + 1) * sizeof *state->kept);
    if (!state->kept) {
        return STATUS_FAILED;
    }
    return objects_prepare(run, &state->objects, count,
                           settings_integer(settings, "size"));
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    objects_fill(run, &state->objects, heap);
    return STATUS_OK;
}

/* Decides for one object after another, in the order of their making. */
struct chooser {
    enum pattern pattern;
    size_t count, kept_count, keep, run_length;
    size_t chosen;
    struct random *random;
};

static bool survives(struct chooser *chooser, size_t i)
{
    const size_t wanted = chooser->kept_count - chooser->chosen;
    switch (chooser->pattern) {
    case REGULAR:
        return i % chooser->keep == chooser->keep - 1;
    case SCATTERED: /* Knuth, TAOCP 2, 3.4.2 S: exactly kept_count of them */
        return random_below(chooser->random, chooser->count - i) < wanted;
    case FIRST:
        return wanted > 0;
    case LAST:
        return i >= chooser->count - chooser->kept_count;
    case RUNS:
        return wanted > 0 &&
               i / chooser->run_length % chooser->keep == chooser->keep - 1;
    }
    return false;
}

/* Moves the survivors to the end of the slots; both parts keep their order.
 */
static void part(struct run *run, struct state *state)
{
    const struct settings *settings = run_settings(run);
    struct objects *objects = &state->objects;
    struct chooser chooser = {
        .pattern = (enum pattern)settings_word(settings, "pattern", patterns),
        .count = objects->count,
        .kept_count = state->kept_count,
        .keep = settings_integer(settings, "keep"),
        .run_length = settings_integer(settings, "run"),
        .random = run_random(run),
    };
    size_t released = 0;
    for (size_t i = 0; i < objects->count; i++) {
        if (survives(&chooser, i)) {
            state->kept[chooser.chosen++] = objects->slots[i];
        } else {
            objects->slots[released++] = objects->slots[i];
        }
    }
    memcpy(objects->slots + released, state->kept,
           chooser.chosen * sizeof *state->kept);
    state->kept_count = chooser.chosen;
    state->parted = true;
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    struct objects *objects = &state->objects;
    if (!state->parted) {
        part(run, state);
    }
    const size_t released = objects->count - state->kept_count;
    switch ((enum order)settings_word(run_settings(run), "order", orders)) {
    case FIFO:
        break;
    case LIFO:
        slots_reverse(objects->slots, released);
        break;
    case SHUFFLED:
        slots_shuffle(objects->slots, released, run_random(run));
        break;
    }
    begin_phase(run);
    objects_release(run, objects, heap, released, "drain");
    return STATUS_OK;
}

static enum status rest(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    objects_release(run, &state->objects, heap, state->objects.count, "rest");
    return STATUS_OK;
}

static void each_live(struct run *run, block_visitor *visit, void *context)
{
    const struct state *state = run_state(run);
    objects_each_live(&state->objects, visit, context);
}

static const struct parameter parameters[] = {
    OBJECTS_PARAMETERS,
    {.key = "keep",
     .meaning = "one object in this many survives",
     .preset = "1000",
     .minimum = 1,
     .maximum = UINT64_C(1) << 36},
    {.key = "pattern",
     .meaning = "which: every keep-th; random ones; the first or the last "
                "made; runs of neighbours",
     .preset = "regular",
     .words = patterns},
    {.key = "run",
     .meaning = "runs: neighbours in each",
     .preset = "1000",
     .minimum = 1,
     .maximum = UINT64_C(1) << 36},
    {.key = "order",
     .meaning = "in which the others are released",
     .preset = "fifo",
     .words = orders},
    {.key = NULL},
};

static struct effort effort(const struct settings *settings)
{
    const uint64_t objects = settings_integer(settings, "objects");
    return (struct effort){.calls = 2 * objects,
                           .bytes =
                               objects * settings_integer(settings, "size")};
}

const struct workload workload_survivors = {
    .name = "survivors",
    .summary = "all but a few of many equal objects are released",
    .symptom = "a few live objects pin arenas full of free memory",
    .source = "Navide#23: 4,012 arenas held for a few objects",
    .parameters = parameters,
    .effort = effort,
    .prepare = prepare,
    .request_bytes = objects_request_bytes,
    .build = build,
    .drain = drain,
    .rest = rest,
    .each_live = each_live,
};
