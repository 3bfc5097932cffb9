/* A server in its steady state: nearly half of what it asks for is gone after
 * a few more requests, the rest stays for long. Then its load falls to a
 * tenth.
 *
 * What lives long goes at random once it is old enough, to make room under
 * the cap.
 */
#include "support/course.h"
#include "support/live_set.h"
#include "support/production_sizes.h"

enum {
    KEPT_ONE_IN = 10,      /* of the cap's bytes, after the drain */
    COMMON_BYTES = 64,     /* a size that is asked for most often */
    LARGEST_BYTES = 65536, /* of the sizes */
    ROOM_BYTES = 256,      /* a third of the mean of what lives long: there
                              are slots for blocks as small as that, */
    ROOM_BLOCKS = 32768,   /* and for twice as many as are not yet old */
    FIRST_BYTES = 128,     /* a third of what an allocation adds, on average,
                              before the cap is reached */
    FIRST_ALLOCATIONS = 4096, /* and so many more, for small caps */
};

/* Blocks of a short life that go before the same allocation. */
struct due {
    size_t slots[SHORT_LIFE_ALLOCATIONS];
    size_t count;
};

/* Draws one allocation after another. */
struct drawing {
    struct random *random;
    uint64_t cap, allocations;
    struct live_set set;
    struct due due[SHORT_LIFE_ALLOCATIONS]; /* a ring by allocation */
    uint32_t *young; /* a ring by allocation: the slot + 1 of what lives long
                        and was made then, else 0 */
    uint32_t *old;   /* what lived long enough */
    size_t old_count;
};

static void release(struct drawing *drawing, struct script *script,
                    size_t slot)
{
    script_release(script, slot, live_set_remove(&drawing->set, slot));
}

static void release_due(struct drawing *drawing, struct script *script)
{
    struct due *due =
        &drawing->due[drawing->allocations % SHORT_LIFE_ALLOCATIONS];
    while (due->count > 0) {
        release(drawing, script, due->slots[--due->count]);
    }
}

static void make_room(struct drawing *drawing, struct script *script,
                      size_t bytes)
{
    const struct live_set *set = &drawing->set;
    while (drawing->old_count > 0 && (set->live_bytes + bytes > drawing->cap ||
                                      set->count == set->capacity)) {
        const size_t i = random_below(drawing->random, drawing->old_count);
        release(drawing, script, drawing->old[i]);
        drawing->old[i] = drawing->old[--drawing->old_count];
    }
}

static void allocate(struct drawing *drawing, struct script *script)
{
    struct random *random = drawing->random;
    const uint64_t now = drawing->allocations;
    uint32_t *young = &drawing->young[now % LONG_LIFE_ALLOCATIONS];
    const bool is_short = random_below(random, 100) < SHORT_LIVED_PERCENT;
    const size_t bytes = size_mix_draw(
        is_short ? production_allocated : production_live, random);
    release_due(drawing, script);
    if (*young > 0) {
        drawing->old[drawing->old_count++] = *young - 1;
    }
    make_room(drawing, script, bytes);
    const size_t slot = live_set_add(&drawing->set, bytes);
    script_make(script, slot, bytes);
    *young = is_short ? 0 : (uint32_t)slot + 1;
    if (is_short) {
        const uint64_t life = 1 + random_below(random, SHORT_LIFE_ALLOCATIONS);
        struct due *due = &drawing->due[(now + life) % SHORT_LIFE_ALLOCATIONS];
        due->slots[due->count++] = slot;
    }
    drawing->allocations++;
}

static void draw(struct drawing *drawing, struct course *course,
                 uint64_t replacements)
{
    const struct live_set *set = &drawing->set;
    while (set->live_bytes + LARGEST_BYTES <= drawing->cap) {
        allocate(drawing, &course->first);
    }
    for (; replacements > 0; replacements--) {
        allocate(drawing, &course->fill);
    }
    while (set->live_bytes > drawing->cap / KEPT_ONE_IN) {
        release(drawing, &course->drain, live_set_any(set, drawing->random));
    }
}

static enum status prepare(struct run *run)
{
    const struct settings *settings = run_settings(run);
    const uint64_t cap = settings_integer(settings, "live");
    const uint64_t replacements = settings_integer(settings, "replacements");
    const uint64_t slots = cap / ROOM_BYTES + ROOM_BLOCKS;
    const struct course_size size = {
        .slots = slots,
        .first = 2 * (cap / FIRST_BYTES + FIRST_ALLOCATIONS),
        .fill = 2 * replacements + slots,
        .drain = slots,
    };
    struct course *course = course_prepare(run, &size);
    struct drawing *drawing =
        course ? run_scratch(run, sizeof *drawing) : NULL;
    if (!drawing || live_set_prepare(run, &drawing->set, slots) != STATUS_OK ||
        !(drawing->young = run_scratch(run, LONG_LIFE_ALLOCATIONS *
                                                sizeof *drawing->young)) ||
        !(drawing->old = run_scratch(run, slots * sizeof *drawing->old))) {
        return STATUS_FAILED;
    }
    drawing->random = run_random(run);
    drawing->cap = cap;
    draw(drawing, course, replacements);
    return STATUS_OK;
}

static size_t request_bytes(const struct run *run)
{
    (void)run;
    return COMMON_BYTES;
}

static const struct parameter parameters[] = {
    {.key = "live",
     .meaning = "the cap in bytes; less than what lives for 16,000 "
                "allocations, some 7 MiB, is exceeded by it",
     .preset = "256M",
     .minimum = 1 << 20,
     .maximum = UINT64_C(1) << 39},
    {.key = "replacements",
     .meaning = "allocations after the cap is reached",
     .preset = "3000000",
     .minimum = 1,
     .maximum = UINT64_C(1) << 32},
    {.key = NULL},
};

static struct effort effort(const struct settings *settings)
{
    const uint64_t made =
        settings_integer(settings, "replacements") +
        settings_integer(settings, "live") / (UINT64_C(3) * FIRST_BYTES);
    return (struct effort){.calls = 2 * made, .bytes = made * 3 * ROOM_BYTES};
}

const struct workload workload_server_mix = {
    .name = "server_mix",
    .summary = "sizes and lifetimes of a server in production, in its steady "
               "state; then its load falls to a tenth",
    .symptom = "the night is quiet, and the server holds the memory of the "
               "day",
    .source = "the sizes of google/fleetbench, which has the mix and no "
              "drain",
    .parameters = parameters,
    .effort = effort,
    .prepare = prepare,
    .request_bytes = request_bytes,
    .build = course_build,
    .drain = course_drain,
    .rest = course_rest,
    .each_live = course_each_live,
};
