/* mimalloc, by private dlopen of the shared library. */
#include "support/standard_calls.h"

struct mimalloc_extras {
    int (*version)(void);
    void (*collect)(bool force);
    void (*thread_done)(void);
};

static struct mimalloc_extras extras;

static void purge(void)
{
    extras.collect(true);
}

/* mi_aligned_alloc takes (alignment, size) as C11's does. */
static const struct private_binding call_rows[] = {
    {"malloc", offsetof(struct allocator_calls, alloc), false},
    {"free", offsetof(struct allocator_calls, release), false},
    {"calloc", offsetof(struct allocator_calls, alloc_zeroed), true},
    {"realloc", offsetof(struct allocator_calls, resize), true},
    {"aligned_alloc", offsetof(struct allocator_calls, alloc_aligned), true},
    {"usable_size", offsetof(struct allocator_calls, usable_size), true},
    {NULL, 0, false},
};

static const struct private_binding extra_rows[] = {
    {"version", offsetof(struct mimalloc_extras, version), false},
    {"collect", offsetof(struct mimalloc_extras, collect), false},
    {"thread_done", offsetof(struct mimalloc_extras, thread_done), true},
    {NULL, 0, false},
};

/* 209 is 2.0.9; from 3.x on two digits each for minor and patch: 30208. */
static void read_version(struct identity *identity)
{
    const int number = extras.version();
    const int base = number >= 10000 ? 100 : 10;
    (void)snprintf(identity->version, sizeof identity->version, "%d.%d.%d",
                   number / (base * base), number / base % base,
                   number % base);
}

static const char *const libraries[] = {"libmimalloc.so.2", "libmimalloc.so.3",
                                        "libmimalloc.so", NULL};

static enum status attach(struct allocator_calls *calls,
                          const struct settings *settings,
                          struct identity *identity, struct reason *reason)
{
    const struct standard_library mimalloc = {
        .libraries = libraries,
        .package = "libmimalloc2.0 (or libmimalloc3)",
        .prefix = "mi_",
        .calls = call_rows,
        .extras = extra_rows,
        .extras_structure = &extras,
    };
    struct private_library library;
    const enum status status = standard_attach(&mimalloc, settings, &library,
                                               calls, identity, reason);
    if (status != STATUS_OK) {
        return status;
    }
    calls->purge = purge;
    calls->thread_end = extras.thread_done;
    read_version(identity);
    return STATUS_OK;
}

/* 2.0 speaks of decommit and reset, later versions of purge; a library
 * ignores names that it does not know, so each variant sets both. */
static const struct variant variants[] = {
    {.name = "default", .summary = "as installed"},
    {.name = "purge_now",
     .summary = "free pages go back at once",
     .environment =
         (const char *const[]){"MIMALLOC_PURGE_DELAY=0",
                               "MIMALLOC_DECOMMIT_DELAY=0",
                               "MIMALLOC_RESET_DELAY=0",
                               "MIMALLOC_SEGMENT_DECOMMIT_DELAY=0", NULL}},
    {.name = "purge_never",
     .summary = "free pages are kept",
     .environment = (const char *const[]){"MIMALLOC_PURGE_DELAY=-1",
                                          "MIMALLOC_ALLOW_DECOMMIT=0",
                                          "MIMALLOC_PAGE_RESET=0", NULL}},
    {.name = "no_thp",
     .summary = "no huge pages, neither asked for nor given",
     .environment = (const char *const[]){"MIMALLOC_ALLOW_THP=0",
                                          "MIMALLOC_LARGE_OS_PAGES=0", NULL},
     .options = (const char *const[]){"thp=off", NULL}},
    {.name = NULL},
};

const struct allocator allocator_mimalloc = {
    .name = "mimalloc",
    .summary = "mimalloc",
    .package = "libmimalloc2.0 (or libmimalloc3)",
    .libraries = libraries,
    .variants = variants,
    .parameters = library_parameters,
    .capabilities = CAN_THREADS | CAN_FORK,
    .attach = attach,
};
