/* Takes the calls of a library that brings an adapter (api/adapter.h). */
#include "support/adapted_library.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const struct giveback_adapter *attached;

const struct giveback_adapter *
adapter_of(const struct private_library *library)
{
    return private_library_symbol(library, "giveback_adapter").address;
}

static enum status check(const struct giveback_adapter *adapter,
                         struct reason *reason)
{
    if (adapter->interface != GIVEBACK_ADAPTER_INTERFACE) {
        return explain(reason, STATUS_FAILED,
                       "its adapter is of interface %u, this program knows "
                       "%d: compile it with this program's adapter.h",
                       adapter->interface, GIVEBACK_ADAPTER_INTERFACE);
    }
    if (!adapter->alloc || !adapter->release) {
        return explain(reason, STATUS_FAILED,
                       "its adapter has no %s, which is required",
                       adapter->alloc ? "release" : "alloc");
    }
    return STATUS_OK;
}

/* Where an address lies, as a real path; unchanged where nobody knows. */
static void file_of(const void *address, char path[PATH_MAX])
{
    Dl_info where;
    char real[PATH_MAX];
    if (dladdr(address, &where) != 0 && realpath(where.dli_fname, real)) {
        memcpy(path, real, sizeof real);
    }
}

static void identify(const struct giveback_adapter *adapter,
                     struct identity *identity)
{
    _Static_assert(sizeof identity->library >= PATH_MAX, "a path fits");
    const void *alloc, *inside;
    memcpy(&alloc, &adapter->alloc, sizeof alloc);
    memcpy(&inside, &adapter->inside, sizeof inside);
    file_of(alloc, identity->library);
    if (inside) {
        memcpy(identity->adapter, identity->library, sizeof identity->adapter);
        file_of(inside, identity->library);
        identity->inside = (uint64_t)(uintptr_t)inside;
    }
    (void)snprintf(identity->version, sizeof identity->version, "%s",
                   adapter->version ? adapter->version : "");
}

static size_t bytes_of(size_t (*told)(void))
{
    return told ? told() : SIZE_MAX;
}

static void stats(struct allocator_stats *out)
{
    out->allocated_bytes = bytes_of(attached->allocated_bytes);
    out->arena_bytes = bytes_of(attached->arena_bytes);
    out->arenas_mapped = SIZE_MAX;
    out->arenas_unmapped = SIZE_MAX;
}

static unsigned capabilities(const struct giveback_adapter *adapter)
{
    return (adapter->can & GIVEBACK_ADAPTER_THREADS ? CAN_THREADS : 0U) |
           (adapter->can & GIVEBACK_ADAPTER_FORK ? CAN_FORK : 0U);
}

enum status adapter_attach(const struct giveback_adapter *adapter,
                           const char *options, struct allocator_calls *calls,
                           struct identity *identity, struct reason *reason)
{
    if (check(adapter, reason) != STATUS_OK) {
        return STATUS_FAILED;
    }
    const char *wrong = adapter->begin ? adapter->begin(options) : NULL;
    if (wrong) {
        return explain(reason, STATUS_UNSUPPORTED, "its adapter says: %.400s",
                       wrong);
    }
    attached = adapter;
    const bool tells = adapter->allocated_bytes || adapter->arena_bytes;
    *calls = (struct allocator_calls){
        .alloc = adapter->alloc,
        .release = adapter->release,
        .alloc_zeroed = adapter->alloc_zeroed,
        .resize = adapter->resize,
        .alloc_aligned = adapter->alloc_aligned,
        .usable_size = adapter->usable_size,
        .purge = adapter->purge,
        .thread_begin = adapter->thread_begin,
        .thread_end = adapter->thread_end,
        .stats = tells ? stats : NULL,
        .capabilities = capabilities(adapter),
    };
    identify(adapter, identity);
    return STATUS_OK;
}
