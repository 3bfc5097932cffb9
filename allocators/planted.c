/* Controls: the system's malloc with something planted in it, which every
 * gate must catch.
 *
 * All variants stand behind the same two functions, so that against `default`
 * they differ in nothing but what is planted.
 */
#include <stdbool.h>
#include <time.h>

#include "support/purge_probe.h"
#include "support/standard_calls.h"

enum {
    LEAK_EVERY = 100,  /* one block in so many is never released: 1 % */
    WORK_EVERY = 1024, /* calls; then as long again as a */
    WORK_SHARE = 20,   /* twentieth of the time since the last work: 5 % */
    NS_PER_S = 1000000000,
};

enum plant { NOTHING, LEAK, WORK };
static const char *const plants[] = {
    [NOTHING] = "nothing", [LEAK] = "leak", [WORK] = "work", NULL};

static struct allocator_calls below;
static unsigned leak_every, work_every; /* 0: never */

/* Counted per thread: the calls stay as safe as those below. */
static _Thread_local unsigned call_count, release_count;
static _Thread_local uint64_t worked_ns; /* CPU time when it last worked */

static bool is_due(unsigned *count, unsigned every)
{
    return every && ++*count % every == 0;
}

static uint64_t cpu_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static void work(void)
{
    const uint64_t now_ns = cpu_ns();
    /* In a forked child the clock begins anew. */
    const uint64_t since_ns = now_ns > worked_ns ? now_ns - worked_ns : now_ns;
    const uint64_t end_ns = now_ns + since_ns / WORK_SHARE;
    do {
        worked_ns = cpu_ns();
    } while (worked_ns < end_ns);
}

static void *planted_alloc(size_t size)
{
    if (is_due(&call_count, work_every)) {
        work();
    }
    return below.alloc(size);
}

static void planted_release(void *block)
{
    if (is_due(&call_count, work_every)) {
        work();
    }
    if (!is_due(&release_count, leak_every)) {
        below.release(block);
    }
}

static enum status attach(struct allocator_calls *calls,
                          const struct settings *settings,
                          struct identity *identity, struct reason *reason)
{
    static const char *const libraries[] = {"libc.so.6", NULL};
    const struct standard_library libc = {
        .libraries = libraries,
        .prefix = "",
    };
    struct private_library library;
    const enum status status =
        standard_attach(&libc, settings, &library, &below, identity, reason);
    if (status != STATUS_OK) {
        return status;
    }
    const size_t plant = settings_word(settings, "plant", plants);
    leak_every = plant == LEAK ? LEAK_EVERY : 0;
    work_every = plant == WORK ? WORK_EVERY : 0;
    worked_ns = cpu_ns();
    *calls = below;
    calls->alloc = planted_alloc;
    calls->release = planted_release;
    calls->purge = purge_probe(&library);
    /* The calls that are measured are part of this program. */
    identity->library[0] = '\0';
    return STATUS_OK;
}

static const struct parameter parameters[] = {
    {.key = "plant",
     .meaning = "what is planted in the system's malloc",
     .preset = "nothing",
     .words = plants},
    {.key = NULL},
};

#define PLANT(word) ((const char *const[]){"plant=" word, NULL})

static const struct variant variants[] = {
    {.name = "default",
     .summary = "nothing: what the others are compared with",
     .options = PLANT("nothing")},
    {.name = "leak",
     .summary = "1 % of the blocks are never released",
     .options = PLANT("leak")},
    {.name = "work",
     .summary = "5 % more CPU time than the calls and their caller take",
     .options = PLANT("work")},
    {.name = NULL},
};

const struct allocator allocator_planted = {
    .name = "planted",
    .summary = "the system's malloc with a planted leak or planted work: "
               "controls that a gate must catch",
    .variants = variants,
    .parameters = parameters,
    .capabilities = CAN_THREADS | CAN_FORK,
    .on_request = true,
    .attach = attach,
};
