/* oneTBB's scalable allocator, by private dlopen of the shared library. */
#include <errno.h>

#include "support/library_text.h"
#include "support/standard_calls.h"

/* oneTBB specification, "C Interface to Scalable Allocator". */
enum { CLEAN_ALL_BUFFERS = 0 }; /* TBBMALLOC_CLEAN_ALL_BUFFERS */

struct tbb_extras {
    int (*allocation_command)(int command, void *argument);
    int (*posix_memalign)(void **block, size_t alignment, size_t size);
};

static struct tbb_extras extras;

static void purge(void)
{
    (void)extras.allocation_command(CLEAN_ALL_BUFFERS, NULL);
}

/* What scalable_aligned_malloc made, scalable_free may not take back. */
static void *alloc_aligned(size_t alignment, size_t size)
{
    void *block = NULL;
    const int error = extras.posix_memalign(&block, alignment, size);
    if (error != 0) {
        errno = error;
        return NULL;
    }
    return block;
}

static const char *const libraries[] = {"libtbbmalloc.so.2", NULL};

static enum status attach(struct allocator_calls *calls,
                          const struct settings *settings,
                          struct identity *identity, struct reason *reason)
{
    static const struct private_binding call_rows[] = {
        {"malloc", offsetof(struct allocator_calls, alloc), false},
        {"free", offsetof(struct allocator_calls, release), false},
        {"calloc", offsetof(struct allocator_calls, alloc_zeroed), true},
        {"realloc", offsetof(struct allocator_calls, resize), true},
        {"msize", offsetof(struct allocator_calls, usable_size), true},
        {NULL, 0, false},
    };
    static const struct private_binding extra_rows[] = {
        {"allocation_command", offsetof(struct tbb_extras, allocation_command),
         false},
        {"posix_memalign", offsetof(struct tbb_extras, posix_memalign), true},
        {NULL, 0, false},
    };
    const struct standard_library tbb = {
        .libraries = libraries,
        .package = "libtbbmalloc2",
        .prefix = "scalable_",
        .calls = call_rows,
        .extras = extra_rows,
        .extras_structure = &extras,
    };
    struct private_library library;
    const enum status status =
        standard_attach(&tbb, settings, &library, calls, identity, reason);
    if (status != STATUS_OK) {
        return status;
    }
    calls->purge = purge;
    calls->alloc_aligned = extras.posix_memalign ? alloc_aligned : NULL;
    /* It prints its version when TBB_VERSION is set; no call tells it. */
    library_text(&library, "TBBmalloc: VERSION", identity->version,
                 sizeof identity->version);
    return STATUS_OK;
}

static const struct variant variants[] = {
    {.name = "default", .summary = "as installed"},
    {.name = "huge_pages",
     .summary = "asks for huge pages, reserved or transparent",
     .environment =
         (const char *const[]){"TBB_MALLOC_USE_HUGE_PAGES=1", NULL}},
    {.name = NULL},
};

const struct allocator allocator_tbb = {
    .name = "tbb",
    .summary = "oneTBB's scalable allocator (tbbmalloc)",
    .package = "libtbbmalloc2",
    .libraries = libraries,
    .variants = variants,
    .parameters = library_parameters,
    .capabilities = CAN_THREADS | CAN_FORK,
    .attach = attach,
};
