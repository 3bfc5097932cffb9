/* A key-value cache under a cap, whose values become larger.
 *
 * An entry is what Redis keeps for a string: the value, then the key and the
 * node of the table. Room is made before an entry comes in.
 */
#include "support/course.h"
#include "support/live_set.h"

enum {
    PARTS = 3, /* blocks of an entry */
    KEY_BYTES = 24,
    NODE_BYTES = 24,
    SAMPLES = 5, /* entries of which Redis evicts the oldest: its preset of
                    maxmemory-samples */
};

enum eviction { LRU5, RANDOM, FIFO };
static const char *const evictions[] = {
    [LRU5] = "lru5", [RANDOM] = "random", [FIFO] = "fifo", NULL};

/* Draws one insert after another. */
struct drawing {
    struct random *random;
    enum eviction eviction;
    uint64_t cap, inserted, evicted;
    struct live_set set; /* the entries, with the bytes of all their blocks */
    uint64_t *born;      /* by entry: which insert it was */
    uint32_t *queue;     /* a ring: the entries in the order of inserts */
};

/* An entry is used once, when it comes in: the one not used for the longest
 * time is the oldest. */
static size_t oldest_of_samples(const struct drawing *drawing)
{
    size_t oldest = live_set_any(&drawing->set, drawing->random);
    for (int i = 1; i < SAMPLES; i++) {
        const size_t entry = live_set_any(&drawing->set, drawing->random);
        if (drawing->born[entry] < drawing->born[oldest]) {
            oldest = entry;
        }
    }
    return oldest;
}

static size_t choose_victim(const struct drawing *drawing)
{
    switch (drawing->eviction) {
    case LRU5:
        return oldest_of_samples(drawing);
    case RANDOM:
        return live_set_any(&drawing->set, drawing->random);
    case FIFO:
        break;
    }
    return drawing->queue[drawing->evicted % drawing->set.capacity];
}

static void evict(struct drawing *drawing, struct script *script, size_t entry)
{
    const size_t bytes = live_set_remove(&drawing->set, entry);
    script_release(script, entry * PARTS, bytes - KEY_BYTES - NODE_BYTES);
    script_release(script, entry * PARTS + 1, KEY_BYTES);
    script_release(script, entry * PARTS + 2, NODE_BYTES);
    drawing->evicted++;
}

static void insert(struct drawing *drawing, struct script *script,
                   size_t value)
{
    struct live_set *set = &drawing->set;
    const size_t bytes = value + KEY_BYTES + NODE_BYTES;
    while (set->live_bytes + bytes > drawing->cap) {
        evict(drawing, script, choose_victim(drawing));
    }
    const size_t entry = live_set_add(set, bytes);
    drawing->queue[drawing->inserted % set->capacity] = (uint32_t)entry;
    drawing->born[entry] = drawing->inserted++;
    script_make(script, entry * PARTS, value);
    script_make(script, entry * PARTS + 1, KEY_BYTES);
    script_make(script, entry * PARTS + 2, NODE_BYTES);
}

/* In the end everything goes, in the random order of a hash. */
static void draw(struct drawing *drawing, struct course *course,
                 const struct settings *settings)
{
    const uint64_t count = settings_integer(settings, "objects");
    const uint64_t size = settings_integer(settings, "size");
    const uint64_t others = settings_integer(settings, "others");
    const uint64_t other_size = settings_integer(settings, "other_size");
    for (uint64_t i = 0; i < count; i++) {
        insert(drawing, &course->first, size);
    }
    for (uint64_t i = 0; i < others; i++) {
        insert(drawing, &course->fill, other_size);
    }
    while (drawing->set.count > 0) {
        evict(drawing, &course->drain,
              live_set_any(&drawing->set, drawing->random));
    }
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* The most entries at a time: all of them, or as many of the smaller as the
 * cap holds. */
static uint64_t entries_at_a_time(const struct settings *settings)
{
    const uint64_t value = least(settings_integer(settings, "size"),
                                 settings_integer(settings, "other_size"));
    return least(settings_integer(settings, "live") /
                     (value + KEY_BYTES + NODE_BYTES),
                 settings_integer(settings, "objects") +
                     settings_integer(settings, "others"));
}

static enum status prepare(struct run *run)
{
    const struct settings *settings = run_settings(run);
    const uint64_t entries = entries_at_a_time(settings);
    const uint64_t count = settings_integer(settings, "objects");
    const uint64_t others = settings_integer(settings, "others");
    const struct course_size size = {.slots = entries * PARTS,
                                     .first = 2 * count * PARTS,
                                     .fill = (2 * others + entries) * PARTS,
                                     .drain = entries * PARTS};
    struct drawing drawing = {
        .random = run_random(run),
        .eviction =
            (enum eviction)settings_word(settings, "eviction", evictions),
        .cap = settings_integer(settings, "live"),
    };
    struct course *course = course_prepare(run, &size);
    if (!course || live_set_prepare(run, &drawing.set, entries) != STATUS_OK ||
        !(drawing.born = run_scratch(run, entries * sizeof(uint64_t))) ||
        !(drawing.queue = run_scratch(run, entries * sizeof(uint32_t)))) {
        return STATUS_FAILED;
    }
    draw(&drawing, course, settings);
    return STATUS_OK;
}

static size_t request_bytes(const struct run *run)
{
    return settings_integer(run_settings(run), "size");
}

/* The presets are the test of Redis in the Mesh paper. */
static const struct parameter parameters[] = {
    {.key = "live",
     .meaning = "the cap in bytes, of values, keys and nodes",
     .preset = "100M",
     .minimum = 1 << 20,
     .maximum = UINT64_C(1) << 39},
    {.key = "objects",
     .meaning = "how many entries come in first, of a value and two blocks "
                "of 24 bytes",
     .preset = "700000",
     .minimum = 1,
     .maximum = UINT64_C(1) << 32},
    {.key = "size",
     .meaning = "bytes of the value of each",
     .preset = "240",
     .minimum = 1,
     .maximum = 1 << 18},
    {.key = "others",
     .meaning = "how many come in then",
     .preset = "170000",
     .minimum = 1,
     .maximum = UINT64_C(1) << 32},
    {.key = "other_size",
     .meaning = "bytes of the value of each",
     .preset = "492",
     .minimum = 1,
     .maximum = 1 << 18},
    {.key = "eviction",
     .meaning = "which entry makes room: the oldest of five at random, as "
                "Redis has it; any at random; the oldest of all",
     .preset = "lru5",
     .words = evictions},
    {.key = NULL},
};

static struct effort effort(const struct settings *settings)
{
    const uint64_t first = settings_integer(settings, "objects");
    const uint64_t second = settings_integer(settings, "others");
    return (struct effort){
        .calls = 6 * (first + second),
        .bytes = first * settings_integer(settings, "size") +
                 second * settings_integer(settings, "other_size")};
}

const struct workload workload_size_shift_cache = {
    .name = "size_shift_cache",
    .summary = "a key-value cache under a cap: small values, then larger "
               "ones push them out; then it is emptied",
    .symptom = "values become larger, and the resident memory of a cache is "
               "far above its cap",
    .source = "Redis's test of fragmentation, as in the Mesh paper (Powers, "
              "Tench, Berger, McGregor, PLDI 2019)",
    .parameters = parameters,
    .effort = effort,
    .prepare = prepare,
    .request_bytes = request_bytes,
    .build = course_build,
    .drain = course_drain,
    .each_live = course_each_live,
};
