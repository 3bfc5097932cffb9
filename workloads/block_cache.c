/* A cache of blocks of any size with a cap on its bytes: a new block comes,
 * random ones go until the cap holds.
 *
 * As in a database the block is read into memory first, then the cache makes
 * room for it: for that one request the heap holds a block more than the cap.
 */
#include "support/course.h"
#include "support/live_set.h"

enum {
    BLOCK_MINIMUM = 2048,
    BLOCK_MAXIMUM = 8192,
    LARGE_ONE_IN = 16,
    LARGE_MORE = 65536, /* at most so much more */
    KEPT_ONE_IN = 10,   /* of the cap's bytes, after the drain */
};

static size_t draw_bytes(struct random *random)
{
    size_t bytes = BLOCK_MINIMUM +
                   random_below(random, BLOCK_MAXIMUM - BLOCK_MINIMUM + 1);
    if (random_below(random, LARGE_ONE_IN) == 0) {
        bytes += random_below(random, LARGE_MORE + 1);
    }
    return bytes;
}

/* Random blocks go until no more than `cap` bytes are left. */
static void evict(struct live_set *set, struct script *script, uint64_t cap,
                  struct random *random)
{
    while (set->live_bytes > cap) {
        const size_t slot = live_set_any(set, random);
        script_release(script, slot, live_set_remove(set, slot));
    }
}

static void insert(struct live_set *set, struct script *script, size_t bytes)
{
    script_make(script, live_set_add(set, bytes), bytes);
}

static void draw(struct course *course, struct live_set *set, uint64_t cap,
                 uint64_t replacements, struct random *random)
{
    size_t bytes = draw_bytes(random);
    for (; set->live_bytes + bytes <= cap; bytes = draw_bytes(random)) {
        insert(set, &course->first, bytes);
    }
    for (; replacements > 0; replacements--) {
        insert(set, &course->fill, bytes);
        evict(set, &course->fill, cap, random);
        bytes = draw_bytes(random);
    }
    evict(set, &course->drain, cap / KEPT_ONE_IN, random);
}

static enum status prepare(struct run *run)
{
    const struct settings *settings = run_settings(run);
    const uint64_t cap = settings_integer(settings, "live");
    const uint64_t replacements = settings_integer(settings, "replacements");
    const uint64_t blocks = cap / BLOCK_MINIMUM + 1;
    const struct course_size size = {.slots = blocks,
                                     .first = blocks,
                                     .fill = 2 * replacements + blocks,
                                     .drain = blocks};
    struct live_set set;
    struct course *course = course_prepare(run, &size);
    if (!course || live_set_prepare(run, &set, blocks) != STATUS_OK) {
        return STATUS_FAILED;
    }
    draw(course, &set, cap, replacements, run_random(run));
    return STATUS_OK;
}

static size_t request_bytes(const struct run *run)
{
    (void)run;
    return (BLOCK_MINIMUM + BLOCK_MAXIMUM) / 2;
}

static const struct parameter parameters[] = {
    {.key = "live",
     .meaning = "the cap in bytes; blocks have 2 to 8 KiB, one in 16 up to "
                "64 KiB more",
     .preset = "256M",
     .minimum = 1 << 20,
     .maximum = UINT64_C(1) << 40},
    {.key = "replacements",
     .meaning = "blocks that come in after the cap is reached",
     .preset = "1500000",
     .minimum = 0,
     .maximum = UINT64_C(1) << 32},
    {.key = NULL},
};

static struct effort effort(const struct settings *settings)
{
    const uint64_t mean =
        (BLOCK_MINIMUM + BLOCK_MAXIMUM) / 2 + LARGE_MORE / 2 / LARGE_ONE_IN;
    const uint64_t made = settings_integer(settings, "live") / mean +
                          settings_integer(settings, "replacements");
    return (struct effort){.calls = 2 * made, .bytes = made * mean};
}

const struct workload workload_block_cache = {
    .name = "block_cache",
    .summary = "a cache of blocks of 2 to 72 KiB under a cap: random "
               "replacements, then it shrinks to a tenth",
    .symptom = "a database's block cache was shrunk to a tenth, and the "
               "process keeps the memory of all of it",
    .source = "RocksDB's block cache; rocksdb#5222 (there with many threads: "
              "25 GB with glibc's malloc, 13 GB with jemalloc)",
    .parameters = parameters,
    .effort = effort,
    .prepare = prepare,
    .request_bytes = request_bytes,
    .build = course_build,
    .drain = course_drain,
    .rest = course_rest,
    .each_live = course_each_live,
};
