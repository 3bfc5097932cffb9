/* Many blocks and then a small one are made, and all but the small one are
 * released.
 *
 * A heap that grows at its top and shrinks at its top alone cannot shrink
 * below the small block, which was made last and so lies highest. The blocks
 * stay below glibc's mmap threshold of 128 KiB (mallopt(3)), or each would be
 * a mapping of its own.
 */
#include "support/pinned.h"

static enum status prepare(struct run *run)
{
    const struct settings *settings = run_settings(run);
    const size_t size = settings_integer(settings, "size");
    const size_t count = settings_integer(settings, "live") / size;
    return pinned_prepare(run, run_scratch(run, sizeof(struct pinned)), count,
                          size, 1);
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    struct pinned *pinned = run_state(run);
    for (size_t i = 0; i < pinned->blocks.count; i++) {
        if (pinned_make(run, pinned, heap, i) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    if (pinned_pin(run, pinned, heap, 0) != STATUS_OK) {
        return STATUS_FAILED;
    }
    tally_end_phase(run, &pinned->tally, "fill");
    return STATUS_OK;
}

/* 8,000 blocks of 64 KiB. */
static const struct parameter parameters[] = {
    PINNED_PARAMETERS("524288000", "64"),
    {.key = "size",
     .meaning = "bytes of a large block",
     .preset = "65536",
     .minimum = 1,
     .maximum = UINT64_C(1) << 32},
    {.key = NULL},
};

static struct effort effort(const struct settings *settings)
{
    const uint64_t live = settings_integer(settings, "live");
    return (struct effort){.calls =
                               2 * (live / settings_integer(settings, "size")),
                           .bytes = live};
}

const struct workload workload_top_pin = {
    .name = "top_pin",
    .summary = "many blocks and then a small one are made; all but the small "
               "one are released",
    .symptom = "one small object that is still in use, and the whole peak "
               "stays",
    .source = "brk heaps shrink at their top only: glibc's free, mallopt(3) "
              "on M_TRIM_THRESHOLD",
    .parameters = parameters,
    .effort = effort,
    .prepare = prepare,
    .request_bytes = pinned_block_bytes,
    .build = build,
    .drain = pinned_drain,
    .rest = pinned_rest,
    .each_live = pinned_each_live,
};
