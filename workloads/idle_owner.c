/* A thread makes everything, releases everything and does nothing more: it is
 * blocked, as a worker without work is.
 *
 * The regime `tick_other` is a process that lives on while the owner sleeps,
 * `tick` is the owner at work again; beside each other they say whether what
 * the owner released can come back without it.
 */
#include "support/objects.h"

struct state {
    struct objects objects;
    struct team *owner; /* of one */
};

static enum status prepare(struct run *run)
{
    const struct settings *settings = run_settings(run);
    struct state *state = run_scratch(run, sizeof *state);
    run_set_state(run, state);
    if (!state ||
        objects_prepare(run, &state->objects,
                        settings_integer(settings, "objects"),
                        settings_integer(settings, "size")) != STATUS_OK) {
        return STATUS_FAILED;
    }
    state->owner = run_team(run, 1, 0);
    return state->owner ? STATUS_OK : STATUS_FAILED;
}

static enum status owner_fills(struct member *member,
                               const struct allocator_calls *heap,
                               void *context)
{
    objects_fill(member->run, context, heap); /* ends the phase `fill` */
    return STATUS_OK;
}

static enum status owner_drains(struct member *member,
                                const struct allocator_calls *heap,
                                void *context)
{
    struct objects *objects = context;
    objects_release(member->run, objects, heap, objects->count, "drain");
    return STATUS_OK;
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    struct phase nothing; /* the owner tallies by its table */
    if (!team_is_started(state->owner) &&
        team_start(run, state->owner, heap) != STATUS_OK) {
        return STATUS_FAILED;
    }
    return team_run(run, state->owner, owner_fills, &state->objects, &nothing);
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    struct phase nothing;
    (void)heap;
    return team_run(run, state->owner, owner_drains, &state->objects,
                    &nothing);
}

static void each_live(struct run *run, block_visitor *visit, void *context)
{
    const struct state *state = run_state(run);
    objects_each_live(&state->objects, visit, context);
}

static struct team *releaser(struct run *run)
{
    const struct state *state = run_state(run);
    return state->owner;
}

static const struct parameter parameters[] = {
    {.key = "objects",
     .meaning = "how many",
     .preset = "400000",
     .minimum = 1,
     .maximum = UINT64_C(1) << 36},
    {.key = "size",
     .meaning = "bytes of each",
     .preset = "1024",
     .minimum = 1,
     .maximum = UINT64_C(1) << 32},
    {.key = NULL},
};

static struct effort effort(const struct settings *settings)
{
    const uint64_t objects = settings_integer(settings, "objects");
    return (struct effort){.calls = 2 * objects,
                           .bytes =
                               objects * settings_integer(settings, "size")};
}

const struct workload workload_idle_owner = {
    .name = "idle_owner",
    .summary = "a thread makes everything, releases everything and sleeps; "
               "others may go on",
    .symptom = "a worker thread is done and waits; all that it released stays "
               "for as long as it waits",
    .source = "caches and arenas that only their thread purges; leviath#255, "
              "jemalloc#2688",
    .parameters = parameters,
    .effort = effort,
    .needs = CAN_THREADS,
    .prepare = prepare,
    .request_bytes = objects_request_bytes,
    .build = build,
    .drain = drain,
    .each_live = each_live,
    .releaser = releaser,
};
