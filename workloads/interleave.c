/* Large blocks and small ones are made in turn, and the large ones are
 * released.
 *
 * A large block has exactly glibc's first mmap threshold, 128 KiB. In a
 * process without a past nearly each would be a mapping of its own, and go
 * with it; one release of a larger block raises the threshold for good
 * (mallopt(3)), and most programs have released one before. So the first thing
 * here is such a release; `first=0` leaves it out.
 */
#include "support/pinned.h"

static enum status prepare(struct run *run)
{
    const struct settings *settings = run_settings(run);
    const size_t size = settings_integer(settings, "size");
    const size_t count = settings_integer(settings, "live") / size;
    return pinned_prepare(run, run_scratch(run, sizeof(struct pinned)), count,
                          size, count);
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    struct pinned *pinned = run_state(run);
    const size_t first = settings_integer(run_settings(run), "first");
    if (pinned_first(run, pinned, heap, first) != STATUS_OK ||
        pinned_make_all(run, pinned, heap) != STATUS_OK) {
        return STATUS_FAILED;
    }
    tally_end_phase(run, &pinned->tally, "fill");
    return STATUS_OK;
}

/* 4,000 pairs of 128 KiB and 512 bytes. */
static const struct parameter parameters[] = {
    PINNED_PARAMETERS("524288000", "512"),
    {.key = "size",
     .meaning = "bytes of a large block",
     .preset = "131072",
     .minimum = 1,
     .maximum = UINT64_C(1) << 32},
    {.key = "first",
     .meaning = "bytes of a block that is made and released before; 0: none",
     .preset = "1048576",
     .minimum = 0,
     .maximum = UINT64_C(1) << 32},
    {.key = NULL},
};

static struct effort effort(const struct settings *settings)
{
    const uint64_t live = settings_integer(settings, "live");
    return (struct effort){.calls =
                               4 * (live / settings_integer(settings, "size")),
                           .bytes = live};
}

const struct workload workload_interleave = {
    .name = "interleave",
    .summary = "large and small blocks are made in turn; the large ones are "
               "released",
    .symptom = "buffers are gone, records about them stay, and so does the "
               "memory: holes between pins",
    .source = "amule#1153",
    .parameters = parameters,
    .effort = effort,
    .prepare = prepare,
    .request_bytes = pinned_block_bytes,
    .build = build,
    .drain = pinned_drain,
    .rest = pinned_rest,
    .each_live = pinned_each_live,
};
