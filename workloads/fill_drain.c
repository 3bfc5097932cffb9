/* The seed's case: many equal objects are made, then all are released. */
#include <string.h>

#include "support/objects.h"

struct state {
    struct objects objects;
    size_t order;        /* a row of `orders` */
    size_t pool_objects; /* zigzag's geometry */
    size_t arena_objects;
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
    state->pool_objects = settings_integer(settings, "pool_objects");
    state->arena_objects = settings_integer(settings, "arena_objects");
    const size_t count = settings_integer(settings, "objects");
    if (state->order == ZIGZAG &&
        !(state->arranged = run_scratch(run, count * sizeof(void *)))) {
        return STATUS_FAILED;
    }
    return objects_prepare(run, &state->objects, count,
                           settings_integer(settings, "size"));
}

static size_t request_bytes(const struct run *run)
{
    return settings_integer(run_settings(run), "size");
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    objects_fill(run, &state->objects, heap);
    return STATUS_OK;
}

/* One pool of one arena; returns how many slots it appended. */
static size_t append_pool(const struct state *state, size_t arena, size_t pool,
                          void **to)
{
    const size_t first =
        arena * state->arena_objects + pool * state->pool_objects;
    const size_t arena_end = (arena + 1) * state->arena_objects;
    size_t end = first + state->pool_objects;
    end = end < arena_end ? end : arena_end;
    end = end < state->objects.count ? end : state->objects.count;
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
    const size_t arenas = (state->objects.count + state->arena_objects - 1) /
                          state->arena_objects;
    const size_t pools =
        (state->arena_objects + state->pool_objects - 1) / state->pool_objects;
    size_t done = 0;
    for (size_t pool = 0; pool < pools; pool++) {
        for (size_t i = 0; i < arenas; i++) {
            const size_t arena = pool % 2 == 0 ? i : arenas - 1 - i;
            done += append_pool(state, arena, pool, state->arranged + done);
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
    {.key = "objects",
     .meaning = "how many",
     .preset = "10485760",
     .minimum = 1,
     .maximum = UINT64_C(1) << 36},
    {.key = "size",
     .meaning = "bytes of each",
     .preset = "16",
     .minimum = 1,
     .maximum = UINT64_C(1) << 32},
    {.key = "order",
     .meaning = "in which they are released",
     .preset = "fifo",
     .words = orders},
    {.key = "pool_objects",
     .meaning = "zigzag: objects per pool (16 B in pymalloc's 4 KiB)",
     .preset = "253",
     .minimum = 1,
     .maximum = UINT64_C(1) << 36},
    {.key = "arena_objects",
     .meaning = "zigzag: objects per arena (16 B in pymalloc's 256 KiB)",
     .preset = "16192",
     .minimum = 1,
     .maximum = UINT64_C(1) << 36},
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
    .request_bytes = request_bytes,
    .build = build,
    .drain = drain,
    .each_live = each_live,
};
