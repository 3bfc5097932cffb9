/* jemalloc, by private dlopen of the shared library. */
#include <string.h>

#include "support/standard_calls.h"

/* Node of all arenas in mallctl names: MALLCTL_ARENAS_ALL of jemalloc(3). */
#define ALL_ARENAS "arena.4096."

enum { MIB_LENGTH_MAX = 4 };

/* Looked up once: translating a name may allocate. */
struct control {
    const char *name;
    size_t mib[MIB_LENGTH_MAX], length;
};

struct jemalloc_extras {
    int (*mallctl)(const char *, void *, size_t *, void *, size_t);
    int (*mallctlnametomib)(const char *, size_t *, size_t *);
    int (*mallctlbymib)(const size_t *, size_t, void *, size_t *, void *,
                        size_t);
};

static struct jemalloc_extras extras;

static struct control flush_tcache = {.name = "thread.tcache.flush"};
static struct control purge_arenas = {.name = ALL_ARENAS "purge"};
static struct control epoch = {.name = "epoch"};
static struct control stats_allocated = {.name = "stats.allocated"};
static struct control stats_mapped = {.name = "stats.mapped"};

static bool find_control(struct control *control)
{
    control->length = MIB_LENGTH_MAX;
    if (!extras.mallctlnametomib ||
        extras.mallctlnametomib(control->name, control->mib,
                                &control->length) != 0) {
        control->length = 0;
    }
    return control->length > 0;
}

static void do_control(const struct control *control)
{
    (void)extras.mallctlbymib(control->mib, control->length, NULL, NULL, NULL,
                              0);
}

static void purge(void)
{
    do_control(&flush_tcache);
    do_control(&purge_arenas);
}

static size_t read_control(const struct control *control)
{
    size_t value = 0, length = sizeof value;
    return extras.mallctlbymib(control->mib, control->length, &value, &length,
                               NULL, 0) == 0
               ? value
               : SIZE_MAX;
}

static void stats(struct allocator_stats *out)
{
    uint64_t now = 1;
    (void)extras.mallctlbymib(epoch.mib, epoch.length, NULL, NULL, &now,
                              sizeof now);
    out->allocated_bytes = read_control(&stats_allocated);
    out->arena_bytes = read_control(&stats_mapped);
    out->arenas_mapped = SIZE_MAX;
    out->arenas_unmapped = SIZE_MAX;
}

/* "5.3.0-0-g54eaed1d8b56" is version 5.3.0 of commit 54eaed1d8b56. */
static void read_version(struct identity *identity)
{
    const char *version = NULL;
    size_t length = sizeof version;
    if (extras.mallctl("version", (void *)&version, &length, NULL, 0) == 0) {
        (void)snprintf(identity->version, sizeof identity->version, "%.*s",
                       (int)strcspn(version, "-"), version);
    }
}

static const char *const libraries[] = {"libjemalloc.so.2", NULL};

static enum status attach(struct allocator_calls *calls,
                          const struct settings *settings,
                          struct identity *identity, struct reason *reason)
{
    static const struct private_binding extra_rows[] = {
        {"mallctl", offsetof(struct jemalloc_extras, mallctl), false},
        {"mallctlnametomib",
         offsetof(struct jemalloc_extras, mallctlnametomib), false},
        {"mallctlbymib", offsetof(struct jemalloc_extras, mallctlbymib),
         false},
        {NULL, 0, false},
    };
    const struct standard_library jemalloc = {
        .libraries = libraries,
        .package = "libjemalloc2",
        .prefix = "",
        .extras = extra_rows,
        .extras_structure = &extras,
    };
    struct private_library library;
    const enum status status = standard_attach(&jemalloc, settings, &library,
                                               calls, identity, reason);
    if (status != STATUS_OK) {
        return status;
    }
    read_version(identity);
    if (find_control(&flush_tcache) && find_control(&purge_arenas)) {
        calls->purge = purge;
    }
    if (find_control(&epoch) && find_control(&stats_allocated) &&
        find_control(&stats_mapped)) {
        calls->stats = stats;
    }
    return STATUS_OK;
}

/* Options of jemalloc(3), "TUNING". */
#define CONF(text)                                                            \
    (const char *const[])                                                     \
    {                                                                         \
        "MALLOC_CONF=" text, NULL                                             \
    }

static const struct variant variants[] = {
    {.name = "default", .summary = "as installed; dirty pages decay in 10 s"},
    {.name = "background_thread",
     .summary = "a thread of its own gives dirty pages back",
     .environment = CONF("background_thread:true")},
    {.name = "decay_0",
     .summary = "dirty pages go back at once",
     .environment = CONF("dirty_decay_ms:0,muzzy_decay_ms:0")},
    {.name = "decay_1s",
     .summary = "dirty pages decay in 1 s",
     .environment = CONF("dirty_decay_ms:1000,muzzy_decay_ms:0")},
    {.name = "decay_never",
     .summary = "dirty pages are kept",
     .environment = CONF("dirty_decay_ms:-1,muzzy_decay_ms:-1")},
    {.name = NULL},
};

const struct allocator allocator_jemalloc = {
    .name = "jemalloc",
    .summary = "jemalloc",
    .package = "libjemalloc2",
    .libraries = libraries,
    .variants = variants,
    .parameters = library_parameters,
    .capabilities = CAN_THREADS | CAN_FORK,
    .attach = attach,
};
