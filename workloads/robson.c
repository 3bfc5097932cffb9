/* Robson's adversary, by the order of making: sizes double from round to
 * round, and of every two neighbours one is released, so that one live block
 * remains in each gap that the next size would need.
 *
 * Robson ("Bounds for some functions concerning dynamic storage allocation",
 * Journal of the ACM 21(3), 1974) shows that every allocator that moves
 * nothing can be made to need M (log2(n) / 2 + 1) - n + 1 words for M live
 * ones in blocks of 1, 2, 4 .. n words. His program chooses by addresses what
 * it releases. This one may not, or its requests would differ from allocator
 * to allocator: it takes blocks for neighbours that were made one after the
 * other. So it forces M (steps / 2 + 1) from an allocator that puts blocks
 * side by side in the order of making, and no bound from any other: one that
 * keeps sizes apart gives whole pages back, or uses them for another size, as
 * soon as their last block is gone. Nor does it reach M log2(n), the worst of
 * first fit (Robson, "Worst case fragmentation of first fit and best fit
 * storage allocation strategies", Computer Journal 20(3), 1977).
 *
 * A word of the paper is `unit` bytes, and a request leaves `header` of them
 * to the allocator: blocks must double with what stands in front of them.
 */
#include <string.h>

#include "support/tally.h"

enum { STEPS_MAX = 24 };

/* Blocks of one round. */
struct round {
    void **slots; /* in the order of making; the live ones come first */
    size_t live, size;
};

struct state {
    struct round rounds[STEPS_MAX + 1];
    size_t steps, header;
    size_t live_limit; /* bytes, headers counted */
    struct tally tally;
};

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* How many more blocks the limit allows. */
static size_t room_for(const struct state *state, const struct round *round)
{
    const size_t held =
        state->tally.live_bytes + state->tally.live_blocks * state->header;
    return (state->live_limit - held) / (round->size + state->header);
}

/* All of the live bytes in the first round, half of them in each later one;
 * one block more, for a half of an odd number leaves its rest behind. */
static enum status prepare_rounds(struct run *run, struct state *state,
                                  size_t unit)
{
    for (size_t step = 0; step <= state->steps; step++) {
        struct round *round = &state->rounds[step];
        const size_t bytes = unit << step;
        const size_t count = state->live_limit / bytes + 1;
        round->size = bytes - state->header;
        round->slots = run_scratch(run, count * sizeof *round->slots);
        if (!round->slots) {
            return STATUS_FAILED;
        }
    }
    return STATUS_OK;
}

static enum status prepare(struct run *run)
{
    const struct settings *settings = run_settings(run);
    const size_t unit = settings_integer(settings, "unit");
    struct state *state = run_scratch(run, sizeof *state);
    if (!state) {
        return STATUS_FAILED;
    }
    run_set_state(run, state);
    state->steps = settings_integer(settings, "steps");
    state->header = settings_integer(settings, "header");
    state->live_limit = settings_integer(settings, "live");
    if (state->live_limit < unit) {
        return run_fail(run,
                        "live=%zu is less than one block of unit=%zu: ask "
                        "for more",
                        state->live_limit, unit);
    }
    return prepare_rounds(run, state, unit);
}

static size_t request_bytes(const struct run *run)
{
    const struct state *state = run_state(run);
    return state->rounds[0].size;
}

static void make_batch(const struct allocator_calls *heap, void **slots,
                       size_t count, size_t size)
{
    void *(*const alloc)(size_t) = heap->alloc;
    for (size_t i = 0; i < count; i++) {
        slots[i] = memset(alloc(size), (int)(i & 0xff), size);
    }
}

static void make(struct run *run, struct state *state, struct round *round,
                 const struct allocator_calls *heap)
{
    for (size_t left = room_for(state, round); left > 0;) {
        const size_t count = least(left, BATCH_OPERATIONS);
        make_batch(heap, round->slots + round->live, count, round->size);
        round->live += count;
        tally_made(&state->tally, count, count * round->size);
        tally_publish(run, &state->tally);
        left -= count;
    }
}

/* Releases the first of every two from pair `first` to `last`; the second
 * ones move together. */
static void halve_batch(const struct allocator_calls *heap, void **slots,
                        size_t first, size_t last)
{
    void (*const release)(void *) = heap->release;
    for (size_t pair = first; pair < last; pair++) {
        release(slots[2 * pair]);
        slots[pair] = slots[2 * pair + 1];
    }
}

static void halve(struct run *run, struct state *state, struct round *round,
                  const struct allocator_calls *heap)
{
    const size_t pairs = round->live / 2;
    for (size_t done = 0; done < pairs;) {
        const size_t next = least(done + BATCH_OPERATIONS, pairs);
        halve_batch(heap, round->slots, done, next);
        tally_released(&state->tally, next - done,
                       (next - done) * round->size);
        tally_publish(run, &state->tally);
        done = next;
    }
    if (round->live % 2 == 1) { /* the last one has no neighbour: it stays */
        round->slots[pairs] = round->slots[round->live - 1];
    }
    round->live -= pairs;
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    make(run, state, &state->rounds[0], heap);
    for (size_t step = 1; step <= state->steps; step++) {
        for (size_t before = 0; before < step; before++) {
            halve(run, state, &state->rounds[before], heap);
        }
        make(run, state, &state->rounds[step], heap);
    }
    tally_end_phase(run, &state->tally, "fill");
    return STATUS_OK;
}

static void release_batch(const struct allocator_calls *heap,
                          void *const *slots, size_t count)
{
    void (*const release)(void *) = heap->release;
    for (size_t i = 0; i < count; i++) {
        release(slots[i]);
    }
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    for (size_t step = 0; step <= state->steps; step++) {
        struct round *round = &state->rounds[step];
        for (size_t done = 0; done < round->live;) {
            const size_t count = least(round->live - done, BATCH_OPERATIONS);
            release_batch(heap, round->slots + done, count);
            tally_released(&state->tally, count, count * round->size);
            tally_publish(run, &state->tally);
            done += count;
        }
        round->live = 0;
    }
    tally_end_phase(run, &state->tally, "drain");
    return STATUS_OK;
}

static void each_live(struct run *run, block_visitor *visit, void *context)
{
    const struct state *state = run_state(run);
    for (size_t step = 0; step <= state->steps; step++) {
        const struct round *round = &state->rounds[step];
        for (size_t i = 0; i < round->live; i++) {
            visit(context, round->slots[i], round->size);
        }
    }
}

/* The presets: 32 bytes are the least block of glibc and 8 its header, so its
 * blocks double exactly; most others round the requests up to powers of two.
 * After 10 steps a block has 32 KiB. */
static const struct parameter parameters[] = {
    {.key = "live",
     .meaning = "bytes live at most, headers counted",
     .preset = "104857600",
     .minimum = 1,
     .maximum = UINT64_C(1) << 40},
    {.key = "steps",
     .meaning = "how often the size doubles",
     .preset = "10",
     .minimum = 0,
     .maximum = STEPS_MAX},
    {.key = "unit",
     .meaning = "bytes of the smallest block, its header counted",
     .preset = "32",
     .minimum = 32,
     .maximum = 4096},
    {.key = "header",
     .meaning = "bytes in front of every block that the allocator needs for "
                "itself",
     .preset = "8",
     .minimum = 0,
     .maximum = 31},
    {.key = NULL},
};

static struct effort effort(const struct settings *settings)
{
    const uint64_t live = settings_integer(settings, "live");
    const uint64_t rounds = settings_integer(settings, "steps");
    return (struct effort){.calls =
                               3 * (live / settings_integer(settings, "unit")),
                           .bytes = live + rounds * (live / 2)};
}

const struct workload workload_robson = {
    .name = "robson",
    .summary = "sizes double, and a live block stays in every gap that the "
               "next size would need",
    .symptom = "the worst case: memory of the peak several times over, and no "
               "hole that is large enough",
    .source = "J. M. Robson, Journal of the ACM 21(3), 1974",
    .parameters = parameters,
    .effort = effort,
    .prepare = prepare,
    .request_bytes = request_bytes,
    .build = build,
    .drain = drain,
    .each_live = each_live,
};
