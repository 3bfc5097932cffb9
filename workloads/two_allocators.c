/* Memory is stranded in one allocator of a process, then the other one grows.
 *
 * Most programs have two: the one that they chose, and the malloc of libc that
 * their libraries call. What the one holds and does not use is of no use to
 * the other. This is the one workload that calls the process's own malloc, on
 * purpose: run_own_malloc hands it out, so that the kind `account` checks
 * those calls too.
 *
 * What its figures say. Memory is the process's, so live blocks and bytes are
 * those of both allocators together, in the phases, on the timeline and in
 * page truth; each block counts once, whoever made it. Growth is that of both
 * too. `poke`, `trim` and the requests of `tick` go to the backend alone:
 * what is stranded in malloc stays through them, as it does in a program that
 * trims the allocator it knows of. Under the backend `system` both are one
 * allocator: the second growth finds what the first left, and the row is what
 * the others are compared with.
 */
#include "support/objects.h"

struct state {
    struct objects stranded, grown;
    void **kept; /* room for the survivors of the stranded */
    size_t keep;
    bool is_stranded;
    bool strands_malloc; /* else the backend */
};

enum place { OWN_MALLOC, BACKEND };
static const char *const places[] = {
    [OWN_MALLOC] = "malloc", [BACKEND] = "backend", NULL};

static enum status prepare_objects(struct run *run, struct state *state)
{
    const struct settings *settings = run_settings(run);
    const size_t size = settings_integer(settings, "size");
    const size_t count = settings_integer(settings, "live") / size;
    enum status status = objects_prepare(run, &state->stranded, count, size);
    if (status == STATUS_OK) {
        status = objects_prepare(run, &state->grown, count, size);
    }
    state->stranded.beside = &state->grown;
    state->grown.beside = &state->stranded;
    state->kept =
        run_scratch(run, (count / state->keep + 1) * sizeof *state->kept);
    return state->kept ? status : STATUS_FAILED;
}

static enum status prepare(struct run *run)
{
    const struct settings *settings = run_settings(run);
    struct state *state = run_scratch(run, sizeof *state);
    if (!state) {
        return STATUS_FAILED;
    }
    run_set_state(run, state);
    state->keep = settings_integer(settings, "keep");
    state->strands_malloc =
        settings_word(settings, "stranded", places) == OWN_MALLOC;
    return prepare_objects(run, state);
}

/* The peak that is over, and the few that outlive it. */
static void strand(struct run *run, struct state *state,
                   const struct allocator_calls *heap)
{
    struct objects *objects = &state->stranded;
    objects_make(run, objects, heap, "first_peak");
    const size_t survivors =
        slots_part(objects->slots, objects->count, state->keep, state->kept);
    begin_phase(run);
    objects_release(run, objects, heap, objects->count - survivors,
                    "stranded");
    state->is_stranded = true;
}

static const struct allocator_calls *
where(struct run *run, const struct allocator_calls *heap, bool own_malloc)
{
    return own_malloc ? run_own_malloc(run) : heap;
}

/* A refill finds the memory stranded: the survivors live on. */
static enum status build(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    if (!state->is_stranded) {
        strand(run, state, where(run, heap, state->strands_malloc));
    }
    objects_fill(run, &state->grown, where(run, heap, !state->strands_malloc));
    return STATUS_OK;
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    objects_release(run, &state->grown,
                    where(run, heap, !state->strands_malloc),
                    state->grown.count, "drain");
    return STATUS_OK;
}

static enum status rest(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    objects_release(run, &state->stranded,
                    where(run, heap, state->strands_malloc),
                    state->stranded.count, "rest");
    return STATUS_OK;
}

static void each_live(struct run *run, block_visitor *visit, void *context)
{
    const struct state *state = run_state(run);
    objects_each_live(&state->stranded, visit, context);
    objects_each_live(&state->grown, visit, context);
}

/* The presets: 500 MiB each, of objects that pymalloc still serves from its
 * arenas and that glibc keeps in no fastbin. */
static const struct parameter parameters[] = {
    {.key = "live",
     .meaning = "bytes of each of the two peaks",
     .preset = "524288000",
     .minimum = 1,
     .maximum = UINT64_C(1) << 40},
    {.key = "size",
     .meaning = "bytes of an object",
     .preset = "512",
     .minimum = 1,
     .maximum = UINT64_C(1) << 32},
    {.key = "keep",
     .meaning = "one object in this many outlives the first peak",
     .preset = "1000",
     .minimum = 1,
     .maximum = UINT64_C(1) << 36},
    {.key = "stranded",
     .meaning = "where the first peak is: in the process's own malloc, or in "
                "the backend; the second is in the other",
     .preset = "malloc",
     .words = places},
    {.key = NULL},
};

static struct effort effort(const struct settings *settings)
{
    const uint64_t live = settings_integer(settings, "live");
    return (struct effort){.calls =
                               4 * (live / settings_integer(settings, "size")),
                           .bytes = 2 * live};
}

const struct workload workload_two_allocators = {
    .name = "two_allocators",
    .summary = "a peak in one allocator of a process is over, then the other "
               "one grows",
    .symptom = "memory that a library gave up is not used for the objects "
               "that come next: the process needs both peaks",
    .source = "cpython#156159; pymalloc's fall-through to malloc above its "
              "threshold",
    .parameters = parameters,
    .effort = effort,
    .prepare = prepare,
    .request_bytes = objects_request_bytes,
    .build = build,
    .drain = drain,
    .rest = rest,
    .each_live = each_live,
};
