/* Vectors grow in turn, a small block is made after each step, and the
 * vectors are released. */
#include "support/pinned.h"

enum { PERCENT = 100 };

struct state {
    struct pinned pinned; /* `size` is what a vector grows to */
    size_t first_size, growth_percent;
    enum status (*grow)(struct run *run, const struct allocator_calls *heap,
                        struct block *block, size_t size, struct tally *tally);
    size_t grown; /* pins that this build has come to */
};

enum way { RESIZE, MOVE };
static const char *const ways[] = {[RESIZE] = "resize", [MOVE] = "move", NULL};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* At least a byte more, at most what a vector grows to. */
static size_t next_size(const struct state *state, size_t size)
{
    const size_t grown = size * state->growth_percent / PERCENT;
    return least(grown > size ? grown : size + 1, state->pinned.size);
}

static size_t steps(const struct state *state)
{
    size_t count = 0;
    for (size_t size = state->first_size; size < state->pinned.size;
         size = next_size(state, size)) {
        count++;
    }
    return count;
}

static enum status prepare(struct run *run)
{
    const struct settings *settings = run_settings(run);
    const size_t count = settings_integer(settings, "vectors");
    struct state *state = run_scratch(run, sizeof *state);
    if (!state) {
        return STATUS_FAILED;
    }
    state->pinned.size = settings_integer(settings, "live") / count;
    state->first_size =
        least(settings_integer(settings, "first"), state->pinned.size);
    state->growth_percent = settings_integer(settings, "growth");
    state->grow = settings_word(settings, "by", ways) == RESIZE ? block_resize
                                                                : block_move;
    return pinned_prepare(run, &state->pinned, count, state->pinned.size,
                          count * steps(state));
}

/* Every vector once, each with its pin. */
static enum status grow_all(struct run *run, struct state *state,
                            const struct allocator_calls *heap, size_t size)
{
    struct pinned *pinned = &state->pinned;
    for (size_t i = 0; i < pinned->blocks.count; i++) {
        if (state->grow(run, heap, &pinned->blocks.places[i], size,
                        &pinned->tally) != STATUS_OK ||
            pinned_pin(run, pinned, heap, state->grown++) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    return STATUS_OK;
}

static enum status make_all(struct run *run, struct state *state,
                            const struct allocator_calls *heap)
{
    struct pinned *pinned = &state->pinned;
    for (size_t i = 0; i < pinned->blocks.count; i++) {
        if (block_make(run, heap, &pinned->blocks.places[i], state->first_size,
                       &pinned->tally) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    return STATUS_OK;
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    state->grown = 0;
    enum status status = make_all(run, state, heap);
    for (size_t size = state->first_size;
         status == STATUS_OK && size < state->pinned.size;) {
        size = next_size(state, size);
        status = grow_all(run, state, heap, size);
    }
    if (status == STATUS_OK) {
        tally_end_phase(run, &state->pinned.tally, "fill");
    }
    return status;
}

/* 64 vectors of 8 MiB. */
static const struct parameter parameters[] = {
    PINNED_PARAMETERS("536870912", "64"),
    {.key = "vectors",
     .meaning = "how many grow at once",
     .preset = "64",
     .minimum = 1,
     .maximum = 1 << 20},
    {.key = "first",
     .meaning = "bytes of a vector when it is made",
     .preset = "1024",
     .minimum = 1,
     .maximum = UINT64_C(1) << 32},
    {.key = "growth",
     .meaning = "a step takes a vector to this percentage of its size",
     .preset = "150",
     .minimum = 101,
     .maximum = 10000},
    {.key = "by",
     .meaning = "resize: the allocator's; move: a new block, a copy, a "
                "release, as a vector of C++",
     .preset = "resize",
     .words = ways},
    {.key = NULL},
};

static struct effort effort(const struct settings *settings)
{
    const uint64_t live = settings_integer(settings, "live");
    return (struct effort){
        .calls = settings_integer(settings, "vectors") * 100,
        .bytes = 3 * live}; /* growing by a half, the sizes add up to it */
}

const struct workload workload_realloc_growth = {
    .name = "realloc_growth",
    .summary = "vectors grow in turn with a small block behind each step, "
               "then they are released",
    .symptom = "buffers that grow need twice their size for the copy, and "
               "leave holes of every size behind",
    .source = "realloc(3), and containers that grow by half",
    .parameters = parameters,
    .effort = effort,
    .needs = CAN_RESIZE,
    .prepare = prepare,
    .request_bytes = pinned_pin_bytes,
    .build = build,
    .drain = pinned_drain,
    .rest = pinned_rest,
    .each_live = pinned_each_live,
};
