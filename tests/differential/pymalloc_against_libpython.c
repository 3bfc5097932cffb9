/* The pymalloc clone against a real libpython.
 *
 * pymalloc_against_libpython same|different PRESET RELEASE CALLS MISALIGNMENT
 * SEED: sends at least CALLS calls to both and compares every answer.
 * Exit status 0: they were the same (or differed, where `different` was
 * demanded as a negative control); 1: not so; 77: there is no libpython.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    NULL,
};

struct arguments {
    bool same;
    const char *preset, *release;
    uint64_t calls;
    size_t misalignment;
    uint64_t seed;
};

/* False when they are not as described above. */
static bool parse(int count, char **texts, struct arguments *arguments)
{
    if (count != 7) {
        return false;
    }
    *arguments = (struct arguments){
        .same = strcmp(texts[1], "same") == 0,
        .preset = texts[2],
        .release = texts[3],
        .calls = strtoull(texts[4], NULL, 10),
        .misalignment = strtoull(texts[5], NULL, 10),
        .seed = strtoull(texts[6], NULL, 10),
    };
    return arguments->same || strcmp(texts[1], "different") == 0;
}

/* The clone, with arenas from our slots; the reason is printed on failure. */
static bool open_ours(struct twin *twin, const struct arguments *arguments)
{
    struct pymalloc_provider provider = {&twin->our_slots, slots_take,
                                         slots_give};
    struct pymalloc_options options = {.preset = arguments->preset,
                                       .provider = &provider};
    for (unsigned i = 0; releases[i] != NULL; i++) {
        if (strcmp(releases[i], arguments->release) == 0) {
            options.release = (enum pymalloc_release)i;
        }
    }
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
                      "usage: %s same|different PRESET RELEASE CALLS "
                      "MISALIGNMENT SEED\n",
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
    if (!open_ours(&twin, &arguments) ||
        !slots_open(&twin.their_slots, (size_t)1 << 20,
                    arguments.misalignment)) {
        return 2;
    }
    libpython_use_slots(&twin.theirs, &twin.their_slots);
    run(&twin, arguments.calls);
    const int status = judge(&twin, &arguments);
    pymalloc_destroy(twin.heap);
    free(twin.pairs);
    return status;
}
