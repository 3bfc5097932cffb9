/* The seed's case: many equal objects are made, then all are released. */
#include <string.h>

#include "support/objects.h"

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

/* How many objects fill a pool and an arena. */
struct geometry {
    size_t pool, arena;
};

/* pymalloc's up to Python 3.9: pools of 4 KiB less a header of 48 bytes, 64
 * of them in an arena, sizes rounded up to 16; one object where none fits. */
static struct geometry geometry_of(size_t size)
{
    const size_t block = (size + 15) / 16 * 16;
    const size_t pool = block <= 4096 - 48 ? (4096 - 48) / block : 1;
    return (struct geometry){pool, 64 * pool};
}

/* One pool of one arena; returns how many slots it appended. */
static size_t append_pool(const struct state *state, struct geometry objects,
                          size_t arena, size_t pool, void **to)
{
    const size_t first = arena * objects.arena + pool * objects.pool;
    const size_t count = state->objects.count;
    const size_t end =
        first + objects.pool < count ? first + objects.pool : count;
    if (first >= end) {
        return 0;
    }
    memcpy(to, state->objects.slots + first, (end - first) * sizeof *to);
    return end - first;
}

/* Pool j of every arena, arenas upwards for even j and downwards for odd j:
 * the order in which the arenas' counts of free pools change places most
 * often. Arenas and pools by the number of the object, as a sequential fill
 * of pymalloc lays them out: never by address, so that the requests are the
 * same on every allocator. */
static void arrange_zigzag(struct state *state)
{
    const struct geometry objects = geometry_of(state->objects.size);
    const size_t arenas =
        (state->objects.count + objects.arena - 1) / objects.arena;
    size_t done = 0;
    for (size_t pool = 0; pool < objects.arena / objects.pool; pool++) {
        for (size_t i = 0; i < arenas; i++) {
            const size_t arena = pool % 2 == 0 ? i : arenas - 1 - i;
            done += append_pool(state, objects, arena, pool,
                                state->arranged + done);
        }
    }
    memcpy(state->objects.slots, state->arranged,
           done * sizeof *state->arranged);
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
        arrange_zigzag(state);
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

const struct workload workload_fill_drain = {
    .name = "fill_drain",
    .summary = "many equal objects are made, then all are released",
    .symptom = "the memory of a finished peak stays with the process",
    .source =
        "CPython before 2.5 (arenas that never gave pools back); glibc's "
        "fastbins",
    .parameters = parameters,
    .prepare = prepare,
    .request_bytes = objects_request_bytes,
    .build = build,
    .drain = drain,
    .each_live = each_live,
};
