/* gperftools' tcmalloc_minimal, by private dlopen of the shared library: not
 * google/tcmalloc, which is another allocator. */
#include "support/heap_room.h"
#include "support/standard_calls.h"

/* gperftools/tcmalloc.h and malloc_extension_c.h. */
struct gperftools_extras {
    const char *(*version)(int *major, int *minor, const char **patch);
    void (*release_free_memory)(void);
    int (*get_property)(const char *name, size_t *value);
};

static struct gperftools_extras extras;

/* Pages that thread and central caches hold go back only once these are
 * emptied, for which there is no call: see docs/allocators.md. */
static void purge(void)
{
    extras.release_free_memory();
}

static size_t property(const char *name)
{
    size_t value = 0;
    return extras.get_property(name, &value) ? value : SIZE_MAX;
}

static void stats(struct allocator_stats *out)
{
    const size_t heap = property("generic.heap_size");
    const size_t unmapped = property("tcmalloc.pageheap_unmapped_bytes");
    out->allocated_bytes = property("generic.current_allocated_bytes");
    out->arena_bytes =
        heap == SIZE_MAX || unmapped == SIZE_MAX ? SIZE_MAX : heap - unmapped;
    out->arenas_mapped = SIZE_MAX;
    out->arenas_unmapped = SIZE_MAX;
}

static void read_version(struct identity *identity)
{
    int major = 0, minor = 0;
    const char *patch = "";
    (void)extras.version(&major, &minor, &patch);
    (void)snprintf(identity->version, sizeof identity->version, "%d.%d%s",
                   major, minor, patch);
}

static const char *const libraries[] = {"libtcmalloc_minimal.so.4", NULL};

static enum status attach(struct allocator_calls *calls,
                          const struct settings *settings,
                          struct identity *identity, struct reason *reason)
{
    static const struct private_binding extra_rows[] = {
        {"tc_version", offsetof(struct gperftools_extras, version), false},
        {"MallocExtension_ReleaseFreeMemory",
         offsetof(struct gperftools_extras, release_free_memory), false},
        {"MallocExtension_GetNumericProperty",
         offsetof(struct gperftools_extras, get_property), true},
        {NULL, 0, false},
    };
    const struct standard_library gperftools = {
        .libraries = libraries,
        .package = "libtcmalloc-minimal4 (or libtcmalloc-minimal4t64)",
        .prefix = "",
        .extras = extra_rows,
        .extras_structure = &extras,
    };
    struct private_library library;
    const enum status status = standard_attach(&gperftools, settings, &library,
                                               calls, identity, reason);
    if (status != STATUS_OK) {
        return status;
    }
    if (heap_check(reason) != STATUS_OK) { /* it takes of it first */
        return STATUS_UNSUPPORTED;
    }
    calls->purge = purge;
    calls->stats = extras.get_property ? stats : NULL;
    read_version(identity);
    return STATUS_OK;
}

/* "Tcmalloc", section "Modifying Runtime Behavior", in gperftools' docs. */
#define ENVIRONMENT(text)                                                     \
    (const char *const[])                                                     \
    {                                                                         \
        "TCMALLOC_" text, NULL                                                \
    }

static const struct variant variants[] = {
    {.name = "default",
     .summary = "as installed; a page goes back for every so many released"},
    {.name = "aggressive",
     .summary = "free pages go back at once",
     .environment = ENVIRONMENT("AGGRESSIVE_DECOMMIT=1")},
    {.name = "release_rate_10",
     .summary = "free pages go back ten times as readily",
     .environment = ENVIRONMENT("RELEASE_RATE=10")},
    {.name = NULL},
};

const struct allocator allocator_gperftools = {
    .name = "gperftools",
    .summary = "gperftools' tcmalloc_minimal (not google/tcmalloc)",
    .package = "libtcmalloc-minimal4 (or libtcmalloc-minimal4t64)",
    .libraries = libraries,
    .variants = variants,
    .parameters = library_parameters,
    .capabilities = CAN_THREADS | CAN_FORK,
    .attach = attach,
};
