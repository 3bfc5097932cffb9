/* A ring of large aligned blocks turns round, and a small block is made after
 * each.
 *
 * glibc asks its heap for a block that is larger by the alignment, cuts the
 * aligned part out and gives the ends back. The small block settles in an
 * end, or in the hole of the block that was released, and the hole is then
 * too small for the next: bug 14581.
 */
#include "support/pinned.h"

struct state {
    struct pinned pinned;
    size_t alignment, steps;
};

static enum status prepare(struct run *run)
{
    const struct settings *settings = run_settings(run);
    const size_t live = settings_integer(settings, "live");
    const size_t count = settings_integer(settings, "ring");
    struct state *state = run_scratch(run, sizeof *state);
    if (!state) {
        return STATUS_FAILED;
    }
    state->alignment = settings_integer(settings, "align");
    state->steps = settings_integer(settings, "steps");
    return pinned_prepare(run, &state->pinned, count, live / count,
                          state->steps);
}

/* The oldest block of the ring goes, a new one takes its place. */
static enum status turn(struct run *run, struct state *state,
                        const struct allocator_calls *heap, size_t step)
{
    struct pinned *pinned = &state->pinned;
    struct block *place = &pinned->blocks.places[step % pinned->blocks.count];
    if (place->start) {
        block_release(heap, place, &pinned->tally);
    }
    return block_make_aligned(run, heap, place, state->alignment, pinned->size,
                              &pinned->tally);
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    struct state *state = run_state(run);
    for (size_t step = 0; step < state->steps; step++) {
        if (turn(run, state, heap, step) != STATUS_OK ||
            pinned_pin(run, &state->pinned, heap, step) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    tally_end_phase(run, &state->pinned.tally, "fill");
    return STATUS_OK;
}

static const char *const alignments[] = {"16",  "32",  "64",   "128",
                                         "256", "512", "4096", NULL};

/* 8 x 16 MiB; the sizes are those of the source's example. */
static const struct parameter parameters[] = {
    PINNED_PARAMETERS("134217728", "25"),
    {.key = "ring",
     .meaning = "how many large blocks are live",
     .preset = "8",
     .minimum = 1,
     .maximum = 1 << 20},
    {.key = "steps",
     .meaning = "how many large blocks are made in all, each with its pin",
     .preset = "60",
     .minimum = 1,
     .maximum = 1 << 20},
    {.key = "align",
     .meaning = "the address of a large block is a multiple of it",
     .preset = "64",
     .words = alignments},
    {.key = NULL},
};

/* Typical is the pin: it is what `alloc` is asked for here. A warming pair of
 * a large block would be a request that the workload never makes, and would
 * raise glibc's mmap threshold before the first. */
static struct effort effort(const struct settings *settings)
{
    const uint64_t steps = settings_integer(settings, "steps");
    return (struct effort){.calls = 4 * steps,
                           .bytes = settings_integer(settings, "live") /
                                    settings_integer(settings, "ring") *
                                    steps};
}

const struct workload workload_aligned_interleave = {
    .name = "aligned_interleave",
    .summary = "a ring of large aligned blocks turns round, a small block "
               "stays behind each",
    .symptom = "a few images are in use at a time, and memory grows with "
               "every one",
    .source = "glibc bug 14581; opencv#15544",
    .parameters = parameters,
    .effort = effort,
    .needs = CAN_ALIGNED,
    .prepare = prepare,
    .request_bytes = pinned_pin_bytes,
    .build = build,
    .drain = pinned_drain,
    .rest = pinned_rest,
    .each_live = pinned_each_live,
};
