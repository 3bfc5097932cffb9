/* One object is made and released at the edge of an arena, again and again.
 *
 * Invariant: before that, the objects fill whole arenas of pymalloc and no
 * more, so that the one object needs an arena of its own, and leaves it empty.
 */
#include <string.h>

#include "support/objects.h"
#include "support/tally.h"

struct state {
    struct objects objects;
    size_t replacements;
};

static enum status prepare(struct run *run)
{
    const struct settings *settings = run_settings(run);
    struct state *state = run_scratch(run, sizeof *state);
    if (!state) {
        return STATUS_FAILED;
    }
    run_set_state(run, state);
    state->replacements = settings_integer(settings, "replacements");
    return objects_prepare(run, &state->objects,
                           settings_integer(settings, "objects"),
                           settings_integer(settings, "size"));
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    objects_fill(run, &state->objects, heap);
    return STATUS_OK;
}

static void make_and_release(const struct allocator_calls *heap, size_t size,
                             size_t times)
{
    void *(*const alloc)(size_t) = heap->alloc;
    void (*const release)(void *) = heap->release;
    for (size_t i = 0; i < times; i++) {
        release(memset(alloc(size), (int)(i & 0xff), size));
    }
}

static void thrash(struct run *run, const struct state *state,
                   const struct allocator_calls *heap)
{
    const struct objects *objects = &state->objects;
    struct tally tally = {0, objects->count, objects->count * objects->size};
    for (size_t left = state->replacements; left > 0;) {
        const size_t times =
            left < BATCH_OPERATIONS ? left : (size_t)BATCH_OPERATIONS;
        make_and_release(heap, objects->size, times);
        tally.operations += 2 * times;
        tally_publish(run, &tally);
        left -= times;
    }
    tally_end_phase(run, &tally, "thrash");
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    thrash(run, state, heap);
    objects_release(run, &state->objects, heap, state->objects.count, "drain");
    return STATUS_OK;
}

static void each_live(struct run *run, block_visitor *visit, void *context)
{
    const struct state *state = run_state(run);
    objects_each_live(&state->objects, visit, context);
}

/* The presets: 256 bytes are the most that Python 2.5 serves from arenas. Of
 * them a pool of 4 KiB holds 15 and an arena of 256 KiB 64 pools, up to Python
 * 3.9; a pool of 16 KiB holds 63 and an arena of 1 MiB 64 pools, from 3.10 on.
 * 20,160 objects are the least that fill arenas of both kinds, 21 of the one
 * and 5 of the other. These are 28 times as many. */
static const struct parameter parameters[] = {
    {.key = "objects",
     .meaning = "how many fill arenas up to the edge",
     .preset = "564480",
     .minimum = 1,
     .maximum = UINT64_C(1) << 36},
    {.key = "size",
     .meaning = "bytes of each",
     .preset = "256",
     .minimum = 1,
     .maximum = UINT64_C(1) << 32},
    {.key = "replacements",
     .meaning = "how often one more is made and released",
     .preset = "50000",
     .minimum = 0,
     .maximum = UINT64_C(1) << 36},
    {.key = NULL},
};

static struct effort effort(const struct settings *settings)
{
    const uint64_t made = settings_integer(settings, "objects") +
                          settings_integer(settings, "replacements");
    return (struct effort){.calls = 2 * made,
                           .bytes = made * settings_integer(settings, "size")};
}

const struct workload workload_arena_thrash = {
    .name = "arena_thrash",
    .summary = "one object is made and released at the edge of an arena, "
               "again and again",
    .symptom = "a loop that makes one object at a time spends its time in "
               "mmap and munmap",
    .source = "bpo-37257: an arena mapped and unmapped in every turn",
    .parameters = parameters,
    .effort = effort,
    .prepare = prepare,
    .request_bytes = objects_request_bytes,
    .build = build,
    .drain = drain,
    .each_live = each_live,
};
