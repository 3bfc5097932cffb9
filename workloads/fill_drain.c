/* The seed's case: many equal objects are made, then all are released. */
#include "support/objects.h"
#include "support/zigzag.h"

struct state {
    struct objects objects;
    size_t order;    /* a row of `orders` */
    void **arranged; /* zigzag alone: where the new order is built */
};

enum order { FIFO, LIFO, SHUFFLED, ZIGZAG };
static const char *const orders[] = {[FIFO] = "fifo",
                                     [LIFO] = "lifo",
                                     [SHUFFLED] = "shuffled",
                                     [ZIGZAG] = "zigzag",
                                     NULL};

static enum status prepare(struct run *run)
{
    const struct settings *settings = run_settings(run);
    struct state *state = run_scratch(run, sizeof *state);
    if (!state) {
        return STATUS_FAILED;
    }
    run_set_state(run, state);
    state->order = settings_word(settings, "order", orders);
    const size_t count = settings_integer(settings, "objects");
    if (state->order == ZIGZAG &&
        !(state->arranged = run_scratch(run, count * sizeof(void *)))) {
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

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    struct objects *objects = &state->objects;
    switch ((enum order)state->order) {
    case FIFO:
        break;
    case LIFO:
        slots_reverse(objects->slots, objects->count);
        break;
    case SHUFFLED:
        slots_shuffle(objects->slots, objects->count, run_random(run));
        break;
    case ZIGZAG:
        slots_zigzag(objects->slots, objects->count, objects->size,
                     state->arranged);
        break;
    }
    begin_phase(run);
    objects_release(run, objects, heap, objects->count, "drain");
    return STATUS_OK;
}

static void each_live(struct run *run, block_visitor *visit, void *context)
{
    const struct state *state = run_state(run);
    objects_each_live(&state->objects, visit, context);
}

static const struct parameter parameters[] = {
    OBJECTS_PARAMETERS,
    {.key = "order",
     .meaning = "in which they are released",
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

const struct workload workload_fill_drain = {
    .name = "fill_drain",
    .summary = "many equal objects are made, then all are released",
    .symptom = "the memory of a finished peak stays with the process",
    .source =
        "CPython before 2.5 (arenas that never gave pools back); glibc's "
        "fastbins",
    .parameters = parameters,
    .effort = effort,
    .prepare = prepare,
    .request_bytes = objects_request_bytes,
    .build = build,
    .drain = drain,
    .each_live = each_live,
};
