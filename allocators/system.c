/* The process's own libc. */
#include "support/heap_room.h"
#include "support/standard_calls.h"

struct libc_extras {
    const char *(*version)(void);
    int (*trim)(size_t pad);
};

static struct libc_extras extras;

static void purge(void)
{
    (void)extras.trim(0);
}

static const char *const libraries[] = {"libc.so.6", NULL};

static enum status attach(struct allocator_calls *calls,
                          const struct settings *settings,
                          struct identity *identity, struct reason *reason)
{
    static const struct private_binding extra_rows[] = {
        {"gnu_get_libc_version", offsetof(struct libc_extras, version), true},
        {"malloc_trim", offsetof(struct libc_extras, trim), true},
        {NULL, 0, false},
    };
    const struct standard_library libc = {
        .libraries = libraries,
        .prefix = "",
        .extras = extra_rows,
        .extras_structure = &extras,
    };
    struct private_library library;
    const enum status status =
        standard_attach(&libc, settings, &library, calls, identity, reason);
    if (status != STATUS_OK) {
        return status;
    }
    if (heap_check(reason) != STATUS_OK) {
        return STATUS_UNSUPPORTED;
    }
    calls->purge = extras.trim ? purge : NULL;
    if (extras.version) {
        (void)snprintf(identity->version, sizeof identity->version, "%s",
                       extras.version());
    }
    return STATUS_OK;
}

/* The tunables are those of the GNU C Library manual, "Memory Allocation
 * Tunables". */
#define TUNABLE(text)                                                         \
    (const char *const[])                                                     \
    {                                                                         \
        "GLIBC_TUNABLES=glibc.malloc." text, NULL                             \
    }

static const struct variant variants[] = {
    {.name = "default", .summary = "as installed"},
    {.name = "arena_max_1",
     .summary = "one arena for all threads",
     .environment = TUNABLE("arena_max=1")},
    {.name = "no_fastbins",
     .summary = "small chunks are merged when released",
     .environment = TUNABLE("mxfast=0")},
    {.name = "no_tcache",
     .summary = "no cache of chunks per thread",
     .environment = TUNABLE("tcache_count=0")},
    {.name = "mmap_128k",
     .summary = "a mapping of its own from 128 KiB, without the ratchet",
     .environment = TUNABLE("mmap_threshold=131072")},
    {.name = "trim_128k",
     .summary = "trims the heap's top from 128 KiB, without the ratchet",
     .environment = TUNABLE("trim_threshold=131072")},
    {.name = "hugetlb",
     .summary = "asks for transparent huge pages",
     .environment = TUNABLE("hugetlb=1")},
    {.name = NULL},
};

const struct allocator allocator_system = {
    .name = "system",
    .summary = "malloc of the process's own libc",
    .libraries = libraries,
    .variants = variants,
    .capabilities = CAN_THREADS | CAN_FORK,
    .attach = attach,
};
