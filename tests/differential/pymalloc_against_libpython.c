/* The pymalloc clone against a real libpython.
 *
 * pymalloc_against_libpython same|different CALLS MISALIGNMENT SEED
 * [KEY=VALUE...]: sends at least CALLS calls to both and compares every
 * answer. The settings are the clone's, as in `settings` below; its preset is
 * the one of that Python. `only=PRESET` skips Pythons of another.
 * Exit status 0: they were the same (or differed, where `different` was
 * demanded as a negative control); 1: not so; 77: there is no libpython.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "scenarios.h"
#include "twin.h"

#define EXIT_SKIPPED 77

/* Within this many calls a wrong preset has to be noticed. */
#define CONTROL_CALLS 1000000

static const char *const releases[] = {
    [PYMALLOC_RELEASE_PRESET] = "preset",
    [PYMALLOC_RELEASE_NEVER] = "never",
    [PYMALLOC_RELEASE_EMPTY] = "empty",
    [PYMALLOC_RELEASE_KEEP_ONE] = "keep-one",
    [PYMALLOC_RELEASE_KEEP_K] = "keep-k",
    [PYMALLOC_RELEASE_MADVISE] = "madvise",
    [PYMALLOC_RELEASE_DELAYED] = "delayed",
    NULL,
};

static const char *const orders[] = {
    [PYMALLOC_ORDER_PRESET] = "preset",
    [PYMALLOC_ORDER_FEWEST_FREE] = "fewest-free",
    [PYMALLOC_ORDER_LIFO] = "lifo",
    [PYMALLOC_ORDER_MOST_FREE] = "most-free",
    NULL,
};

/* Each sets one field of the options; false: the value is not one of its. */
static bool set_preset(struct pymalloc_options *options, const char *value)
{
    options->preset = value;
    return true;
}

static bool set_release(struct pymalloc_options *options, const char *value)
{
    for (unsigned i = 0; releases[i] != NULL; i++) {
        if (strcmp(releases[i], value) == 0) {
            options->release = (enum pymalloc_release)i;
            return true;
        }
    }
    return false;
}

static bool set_order(struct pymalloc_options *options, const char *value)
{
    for (unsigned i = 0; orders[i] != NULL; i++) {
        if (strcmp(orders[i], value) == 0) {
            options->order = (enum pymalloc_arena_order)i;
            return true;
        }
    }
    return false;
}

/* A setting is a number at a place in the options, or has a function. */
static const struct setting {
    const char *key;
    size_t offset;
    bool (*set)(struct pymalloc_options *options, const char *value);
} settings[] = {
    {"preset", 0, set_preset},
    {"release", 0, set_release},
    {"order", 0, set_order},
    {"keep", offsetof(struct pymalloc_options, keep_arenas), NULL},
    {"alignment", offsetof(struct pymalloc_options, alignment_bytes), NULL},
    {"threshold", offsetof(struct pymalloc_options, threshold_bytes), NULL},
    {"pool", offsetof(struct pymalloc_options, pool_bytes), NULL},
    {"arena", offsetof(struct pymalloc_options, arena_bytes), NULL},
    {"limit", offsetof(struct pymalloc_options, memory_limit_bytes), NULL},
    {0},
};

/* False: there is no such setting, or it has no such value. */
static bool set(struct pymalloc_options *options, const char *text)
{
    for (const struct setting *row = settings; row->key != NULL; row++) {
        const size_t length = strlen(row->key);
        if (strncmp(text, row->key, length) != 0 || text[length] != '=') {
            continue;
        }
        const char *value = text + length + 1;
        if (row->set != NULL) {
            return row->set(options, value);
        }
        const size_t number = strtoull(value, NULL, 10);
        memcpy((char *)options + row->offset, &number, sizeof number);
        return true;
    }
    return false;
}

struct arguments {
    bool same;
    uint64_t calls;
    size_t misalignment;
    uint64_t seed;
    struct pymalloc_options options;
    const char *only; /* for Pythons of this preset; NULL: for all */
};

#define FIXED_ARGUMENTS 5 /* the program's name, too */

/* False when they are not as described above. */
static bool parse(int count, char **texts, struct arguments *arguments)
{
    if (count < FIXED_ARGUMENTS) {
        return false;
    }
    *arguments = (struct arguments){
        .same = strcmp(texts[1], "same") == 0,
        .calls = strtoull(texts[2], NULL, 10),
        .misalignment = strtoull(texts[3], NULL, 10),
        .seed = strtoull(texts[4], NULL, 10),
    };
    for (int i = FIXED_ARGUMENTS; i < count; i++) {
        if (strncmp(texts[i], "only=", 5) == 0) {
            arguments->only = texts[i] + 5;
        } else if (!set(&arguments->options, texts[i])) {
            return false;
        }
    }
    return arguments->same || strcmp(texts[1], "different") == 0;
}

static void purge(void *context, void *pages, size_t size)
{
    (void)context;
    (void)madvise(pages, size, MADV_DONTNEED);
}

/* The clone, with arenas from our slots; the reason is printed on failure. */
static bool open_ours(struct twin *twin, const struct arguments *arguments)
{
    const struct pymalloc_provider provider = {.context = &twin->our_slots,
                                               .take = slots_take,
                                               .give = slots_give,
                                               .purge = purge};
    struct pymalloc_options options = arguments->options;
    options.provider = &provider;
    char reason[256];
    twin->heap = pymalloc_create(&options, reason, sizeof reason);
    if (twin->heap == NULL) {
        (void)fprintf(stderr, "pymalloc_create: %s\n", reason);
        return false;
    }
    twin->ours = pymalloc_calls(twin->heap);
    return slots_open(&twin->our_slots,
                      pymalloc_preset_of(twin->heap)->arena_bytes,
                      arguments->misalignment);
}

/* Scenario after scenario until there were enough calls, each in several
 * sizes: from less than an arena to tens of them. */
static void run(struct twin *twin, uint64_t calls)
{
    for (unsigned round = 0;
         twin->calls < calls && twin->difference[0] == '\0'; round++) {
        const size_t blocks = (size_t)2000 << (round % 4) * 2;
        for (const struct scenario *scenario = scenarios;
             scenario->name != NULL; scenario++) {
            scenario->run(twin, blocks);
            twin_checkpoint(twin);
            if (twin->difference[0] != '\0') {
                (void)printf("scenario %s, %zu blocks: %s\n", scenario->name,
                             blocks, twin->difference);
                return;
            }
        }
    }
}

static int judge(const struct twin *twin, const struct arguments *arguments)
{
    const bool same = twin->difference[0] == '\0';
    (void)printf("%llu calls, %llu arenas taken, %llu given back: %s\n",
                 (unsigned long long)twin->calls,
                 (unsigned long long)twin->their_slots.taken_total,
                 (unsigned long long)twin->their_slots.given_total,
                 same ? "0 differences" : "different");
    if (!arguments->same) {
        return !same && twin->calls <= CONTROL_CALLS ? 0 : 1;
    }
    return same && twin->their_slots.given_total > 0 ? 0 : 1;
}

int main(int count, char **texts)
{
    struct arguments arguments;
    if (!parse(count, texts, &arguments)) {
        (void)fprintf(stderr,
                      "usage: %s same|different CALLS MISALIGNMENT SEED "
                      "[KEY=VALUE...]\n",
                      texts[0]);
        return 2;
    }
    static struct twin twin;
    twin.random = random_seeded(arguments.seed);
    const char *reason = libpython_open(&twin.theirs);
    if (reason != NULL) {
        (void)printf("skipped: %s\n", reason);
        return EXIT_SKIPPED;
    }
    if (arguments.only != NULL &&
        strcmp(arguments.only, twin.theirs.preset) != 0) {
        (void)printf("skipped: it is for Pythons of the preset %s, this is "
                     "%.20s\n",
                     arguments.only, twin.theirs.version());
        return EXIT_SKIPPED;
    }
    if (arguments.options.preset == NULL) {
        arguments.options.preset = twin.theirs.preset;
    }
    const struct pymalloc_preset *theirs =
        pymalloc_preset(libpython_preset(&twin.theirs));
    if (!open_ours(&twin, &arguments) ||
        !slots_open(&twin.their_slots, theirs->arena_bytes,
                    arguments.misalignment)) {
        return 2;
    }
    if (!libpython_use_slots(&twin.theirs, &twin.their_slots)) {
        (void)printf("skipped: libpython %.20s has no hook for its arenas, "
                     "and this build cannot do without\n",
                     twin.theirs.version());
        return EXIT_SKIPPED;
    }
    run(&twin, arguments.calls);
    const int status = judge(&twin, &arguments);
    pymalloc_destroy(twin.heap);
    free(twin.pairs);
    return status;
}
