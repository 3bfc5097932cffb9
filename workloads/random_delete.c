/* A hash table of entries of three blocks loses most of them, at random.
 *
 * An entry is what Redis keeps for a string: the value, then the key and the
 * node of the table. The entry that is deleted next is the next one by hash:
 * any, as seen from the order of their making.
 */
#include "support/course.h"

enum {
    PARTS = 3, /* blocks of an entry */
    KEY_BYTES = 24,
    NODE_BYTES = 24,
    VALUE_MINIMUM = 32,
    VALUE_MAXIMUM = 512,
};

static void draw_fill(struct script *fill, uint64_t entries,
                      struct random *random)
{
    for (size_t i = 0; i < entries; i++) {
        const size_t value =
            VALUE_MINIMUM +
            random_below(random, VALUE_MAXIMUM - VALUE_MINIMUM + 1);
        script_make(fill, i * PARTS, value);
        script_make(fill, i * PARTS + 1, KEY_BYTES);
        script_make(fill, i * PARTS + 2, NODE_BYTES);
    }
}

static void delete_entry(struct course *course, size_t entry)
{
    const struct request *made = &course->fill.requests[entry * PARTS];
    for (size_t part = 0; part < PARTS; part++) {
        script_release(&course->drain, made[part].slot,
                       (size_t)made[part].bytes);
    }
}

/* A hash puts the entries in random order (Fisher and Yates; Knuth, The Art
 * of Computer Programming 2, 3.4.2 P); as much as is deleted is drawn. */
static void draw_drain(struct course *course, uint32_t *by_hash,
                       uint64_t entries, uint64_t deleted,
                       struct random *random)
{
    for (size_t i = 0; i < entries; i++) {
        by_hash[i] = (uint32_t)i;
    }
    for (size_t i = 0; i < deleted; i++) {
        const size_t other = i + random_below(random, entries - i);
        delete_entry(course, by_hash[other]);
        by_hash[other] = by_hash[i];
    }
}

static enum status prepare(struct run *run)
{
    const struct settings *settings = run_settings(run);
    const uint64_t entries = settings_integer(settings, "objects");
    const uint64_t deleted =
        entries * settings_integer(settings, "delete_percent") / 100;
    const struct course_size size = {.slots = entries * PARTS,
                                     .fill = entries * PARTS,
                                     .drain = deleted * PARTS};
    struct course *course = course_prepare(run, &size);
    uint32_t *by_hash =
        course ? run_scratch(run, entries * sizeof *by_hash) : NULL;
    if (!by_hash) {
        return STATUS_FAILED;
    }
    draw_fill(&course->fill, entries, run_random(run));
    draw_drain(course, by_hash, entries, deleted, run_random(run));
    return STATUS_OK;
}

static size_t request_bytes(const struct run *run)
{
    (void)run;
    return (VALUE_MINIMUM + VALUE_MAXIMUM) / 2;
}

static const struct parameter parameters[] = {
    {.key = "objects",
     .meaning = "how many entries, of a value of 32 to 512 bytes and two "
                "blocks of 24",
     .preset = "1000000",
     .minimum = 1,
     .maximum = UINT32_MAX / PARTS},
    {.key = "delete_percent",
     .meaning = "how many percent of them are deleted",
     .preset = "80",
     .minimum = 1,
     .maximum = 100},
    {.key = NULL},
};

static struct effort effort(const struct settings *settings)
{
    const uint64_t entries = settings_integer(settings, "objects");
    return (struct effort){.calls = 6 * entries,
                           .bytes = entries *
                                    (KEY_BYTES + NODE_BYTES +
                                     (VALUE_MINIMUM + VALUE_MAXIMUM) / 2)};
}

const struct workload workload_random_delete = {
    .name = "random_delete",
    .summary = "a table of entries of three blocks loses most of them, by "
               "hash",
    .symptom = "most keys of a Redis are deleted, and its resident memory "
               "stays nearly what it was",
    .source = "redis#2860: what no allocator that moves nothing can return",
    .parameters = parameters,
    .effort = effort,
    .prepare = prepare,
    .request_bytes = request_bytes,
    .build = course_build,
    .drain = course_drain,
    .rest = course_rest,
    .each_live = course_each_live,
};
