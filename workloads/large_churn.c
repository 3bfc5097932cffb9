/* Large blocks of random sizes are replaced again and again.
 *
 * The work is the same for every allocator; what differs is how often memory
 * goes to the system and comes back zeroed. Where it goes at once, nearly all
 * of the time is spent there: the price of giving back.
 *
 * Sizes and victims come in rounds: each replaces every block once, in random
 * order, by blocks whose sizes are spread evenly, one from each of as many
 * equal parts of the range as there are blocks. So after every round the same
 * number of bytes is live, whatever the seed. A refill makes the same requests
 * again.
 */
#include "support/blocks.h"

struct replacement {
    size_t victim, size;
};

struct state {
    struct blocks blocks;
    struct replacement *plan; /* first one that makes each block */
    size_t plan_count;
    size_t smallest, largest; /* bytes */
    struct tally tally;
};

static void swap(size_t *a, size_t *b)
{
    const size_t held = *a;
    *a = *b;
    *b = held;
}

/* One size from each part of the range, those of the lower half mirrored in
 * the upper half, so that their sum is the same in every round; then sizes and
 * victims are shuffled, apart from each other (Fisher and Yates). */
static void draw_round(const struct state *state, struct random *random,
                       struct replacement *round)
{
    const size_t count = state->blocks.count;
    const size_t part = (state->largest - state->smallest) / count + 1;
    for (size_t i = 0; i < (count + 1) / 2; i++) {
        const size_t offset = i * (part - 1) + random_below(random, part);
        round[i].size = state->smallest + offset;
        round[count - 1 - i].size = state->largest - offset;
    }
    if (count % 2 == 1) { /* it is its own mirror */
        round[count / 2].size = (state->smallest + state->largest) / 2;
    }
    for (size_t i = 0; i < count; i++) {
        round[i].victim = i;
    }
    for (size_t i = count; i > 1; i--) {
        swap(&round[i - 1].victim, &round[random_below(random, i)].victim);
        swap(&round[i - 1].size, &round[random_below(random, i)].size);
    }
}

static enum status prepare(struct run *run)
{
    const struct settings *settings = run_settings(run);
    const size_t count = settings_integer(settings, "slots");
    const size_t mean = settings_integer(settings, "live") / count;
    const size_t replacements = settings_integer(settings, "replacements");
    /* Whole rounds, and the one that makes the blocks. */
    const size_t rounds = (replacements + count - 1) / count + 1;
    struct state *state = run_scratch(run, sizeof *state);
    if (!state || blocks_prepare(run, &state->blocks, count) != STATUS_OK ||
        !(state->plan =
              run_scratch(run, rounds * count * sizeof *state->plan))) {
        return STATUS_FAILED;
    }
    state->smallest = mean / 3 + 1;
    state->largest = mean * 5 / 3 + 1;
    state->plan_count = count + replacements;
    run_set_state(run, state);
    for (size_t i = 0; i < rounds; i++) {
        draw_round(state, run_random(run), state->plan + i * count);
    }
    return STATUS_OK;
}

/* Typical is the mean. */
static size_t request_bytes(const struct run *run)
{
    const struct state *state = run_state(run);
    return (state->smallest + state->largest) / 2;
}

static enum status make_all(struct run *run, struct state *state,
                            const struct allocator_calls *heap)
{
    for (size_t i = 0; i < state->blocks.count; i++) {
        const struct replacement *row = &state->plan[i];
        if (block_make(run, heap, &state->blocks.places[row->victim],
                       row->size, &state->tally) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    tally_end_phase(run, &state->tally, "made");
    return STATUS_OK;
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    if (make_all(run, state, heap) != STATUS_OK) {
        return STATUS_FAILED;
    }
    for (size_t i = state->blocks.count; i < state->plan_count; i++) {
        const struct replacement *row = &state->plan[i];
        struct block *victim = &state->blocks.places[row->victim];
        block_release(heap, victim, &state->tally);
        if (block_make(run, heap, victim, row->size, &state->tally) !=
            STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    tally_end_phase(run, &state->tally, "fill");
    return STATUS_OK;
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    blocks_release(run, heap, &state->blocks, &state->tally);
    tally_end_phase(run, &state->tally, "drain");
    return STATUS_OK;
}

static void each_live(struct run *run, block_visitor *visit, void *context)
{
    const struct state *state = run_state(run);
    blocks_each_live(&state->blocks, visit, context);
}

/* 20 blocks of 5 to 25 MiB, 15 on the average, as in the source; a fifth of
 * its 2,000 replacements, for where every page comes back from the system one
 * of them takes some 60 ms, and a refill makes them all again. */
static const struct parameter parameters[] = {
    {.key = "live",
     .meaning = "bytes live; a block has a third to five thirds of its share",
     .preset = "314572800",
     .minimum = 1,
     .maximum = UINT64_C(1) << 40},
    {.key = "slots",
     .meaning = "how many blocks are live",
     .preset = "20",
     .minimum = 1,
     .maximum = 1 << 20},
    {.key = "replacements",
     .meaning = "how often a block is released and one of another size made",
     .preset = "400",
     .minimum = 0,
     .maximum = UINT64_C(1) << 32},
    {.key = NULL},
};

static struct effort effort(const struct settings *settings)
{
    const uint64_t slots = settings_integer(settings, "slots");
    const uint64_t made = slots + settings_integer(settings, "replacements");
    return (struct effort){.calls = 2 * made,
                           .bytes = settings_integer(settings, "live") /
                                    slots * made};
}

const struct workload workload_large_churn = {
    .name = "large_churn",
    .summary = "large blocks of random sizes are replaced again and again",
    .symptom = "a program with large buffers spends its time in the kernel: "
               "the price of giving back",
    .source = "mimalloc-bench's malloc-large",
    .parameters = parameters,
    .effort = effort,
    .prepare = prepare,
    .request_bytes = request_bytes,
    .build = build,
    .drain = drain,
    .each_live = each_live,
};
