/* musl's mallocng, out of the archive of the installed package musl-dev.
 *
 * allocators/mallocng links its objects, unchanged, into a library that is
 * loaded like any other.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <unistd.h>

#include "support/standard_calls.h"

/* allocators/mallocng/ground.h */
struct mallocng_extras {
    void (*begin)(int *(*location)(void), const size_t *vector);
    void (*need_locks)(void);
    const char *(*version)(void);
};

static struct mallocng_extras extras;

static void thread_begin(void)
{
    extras.need_locks();
}

/* In musl's own processes the allocator takes memory for its bookkeeping from
 * the brk heap while that is free, and maps it elsewhere otherwise. Here the
 * heap is the other libc's, and both would move its end: a first request with
 * no room for data makes it map, for good. False: it took of it after all. */
static bool keep_off_the_heap(const struct allocator_calls *calls)
{
    struct rlimit usual, none;
    void *const end = sbrk(0);
    if (getrlimit(RLIMIT_DATA, &usual) != 0) {
        return false;
    }
    none = (struct rlimit){.rlim_cur = 0, .rlim_max = usual.rlim_max};
    if (setrlimit(RLIMIT_DATA, &none) != 0) {
        return false;
    }
    calls->release(calls->alloc(1));
    const bool restored = setrlimit(RLIMIT_DATA, &usual) == 0;
    calls->release(calls->alloc(1));
    return restored && sbrk(0) == end;
}

static const char *const libraries[] = {"libmallocng.so", NULL};

static enum status attach(struct allocator_calls *calls,
                          const struct settings *settings,
                          struct identity *identity, struct reason *reason)
{
    static const struct private_binding extra_rows[] = {
        {"mallocng_begin", offsetof(struct mallocng_extras, begin), false},
        {"mallocng_need_locks", offsetof(struct mallocng_extras, need_locks),
         false},
        {"mallocng_version", offsetof(struct mallocng_extras, version), false},
        {NULL, 0, false},
    };
    const struct standard_library mallocng = {
        .libraries = libraries,
        .package = "musl-dev, then build again",
        .prefix = "",
        .extras = extra_rows,
        .extras_structure = &extras,
    };
    static size_t vector[] = {AT_RANDOM, 0, 0, 0};
    struct private_library library;
    const enum status status = standard_attach(&mallocng, settings, &library,
                                               calls, identity, reason);
    if (status != STATUS_OK) {
        return status;
    }
    vector[1] = getauxval(AT_RANDOM);
    extras.begin(__errno_location, vector);
    if (!keep_off_the_heap(calls)) {
        return explain(reason, STATUS_FAILED,
                       "it takes memory of the heap that libc's malloc has: "
                       "one of them would lose blocks");
    }
    calls->thread_begin = thread_begin;
    (void)snprintf(identity->version, sizeof identity->version, "%s",
                   extras.version());
    return STATUS_OK;
}

const struct allocator allocator_musl = {
    .name = "musl",
    .summary = "musl's mallocng",
    .package = "musl-dev",
    .libraries = libraries,
    .parameters = library_parameters,
    .capabilities = CAN_THREADS,
    .attach = attach,
};
