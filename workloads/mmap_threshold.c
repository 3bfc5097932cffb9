/* A cache of large chunks, each with a small record behind it, after one
 * release of a larger block.
 *
 * glibc maps a block of 128 KiB or more and unmaps it when it is released,
 * until a release raises its threshold to the size of that block, at most
 * 32 MiB (mallopt(3)). From then on the chunks come from the heap, which
 * shrinks at its top only, and the records stand in the way.
 */
#include "support/pinned.h"

struct state {
    struct pinned pinned; /* the chunks and their records */
    size_t first_size;
    size_t *victims; /* the chunks that are replaced, in order */
    size_t victim_count;
};

static enum status draw_victims(struct run *run, struct state *state)
{
    state->victim_count = settings_integer(run_settings(run), "replacements");
    state->victims =
        run_scratch(run, (state->victim_count + 1) * sizeof(size_t));
    for (size_t i = 0; state->victims && i < state->victim_count; i++) {
        state->victims[i] =
            random_below(run_random(run), state->pinned.blocks.count);
    }
    return state->victims ? STATUS_OK : STATUS_FAILED;
}

static enum status prepare(struct run *run)
{
    const struct settings *settings = run_settings(run);
    const size_t live = settings_integer(settings, "live");
    const size_t count = settings_integer(settings, "slots");
    const size_t first_size = settings_integer(settings, "first");
    struct state *state = run_scratch(run, sizeof *state);
    if (!state || pinned_prepare(run, &state->pinned, count, live / count,
                                 count) != STATUS_OK) {
        return STATUS_FAILED;
    }
    state->first_size = first_size < live ? first_size : live;
    return draw_victims(run, state);
}

static enum status replace(struct run *run, struct state *state,
                           const struct allocator_calls *heap)
{
    struct pinned *pinned = &state->pinned;
    for (size_t i = 0; i < state->victim_count; i++) {
        const size_t victim = state->victims[i];
        block_release(heap, &pinned->blocks.places[victim], &pinned->tally);
        if (pinned_make(run, pinned, heap, victim) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    return STATUS_OK;
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    struct pinned *pinned = &state->pinned;
    if (pinned_first(run, pinned, heap, state->first_size) != STATUS_OK ||
        pinned_make_all(run, pinned, heap) != STATUS_OK ||
        replace(run, state, heap) != STATUS_OK) {
        return STATUS_FAILED;
    }
    tally_end_phase(run, &pinned->tally, "fill");
    return STATUS_OK;
}

/* The presets: a chunk is 721 x 1440 floats, 3.96 MiB, as the source has it.
 * The first block is 32 MiB less two pages: with its header it takes a mapping
 * of 32 MiB less one, the largest whose release raises glibc's threshold (at
 * exactly 32 MiB the flags in the header make it too large, seen on 2.36). */
static const struct parameter parameters[] = {
    PINNED_PARAMETERS("531578880", "100"),
    {.key = "slots",
     .meaning = "how many large blocks are live, each with its pin",
     .preset = "128",
     .minimum = 1,
     .maximum = 1 << 20},
    {.key = "first",
     .meaning = "bytes of a block that is made and released before, never "
                "more than `live`; 0: none",
     .preset = "33546240",
     .minimum = 0,
     .maximum = UINT64_C(1) << 40},
    {.key = "replacements",
     .meaning = "how often a random large block is released and made again",
     .preset = "512",
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

const struct workload workload_mmap_threshold = {
    .name = "mmap_threshold",
    .summary = "a cache of large chunks with small records turns over and is "
               "dropped, after one release of a larger block",
    .symptom = "a cache is dropped and its memory stays: a threshold that "
               "rose once keeps large blocks on the heap",
    .source = "insitubatch#36, xiaomi-miloco#459; mallopt(3) on "
              "M_MMAP_THRESHOLD",
    .parameters = parameters,
    .effort = effort,
    .prepare = prepare,
    .request_bytes = pinned_pin_bytes,
    .build = build,
    .drain = pinned_drain,
    .rest = pinned_rest,
    .each_live = pinned_each_live,
};
