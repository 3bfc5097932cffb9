/* Any library by its path: alias=/path/lib.so[:prefix].
 *
 * It exports an adapter (api/adapter.h), or PREFIXmalloc and PREFIXfree; then
 * calloc, realloc, aligned_alloc and malloc_usable_size are used where they
 * are there.
 */
#include "support/adapted_library.h"
#include "support/purge_probe.h"
#include "support/standard_calls.h"

static enum status take_adapter(const struct giveback_adapter *adapter,
                                const struct settings *settings,
                                struct allocator_calls *calls,
                                struct identity *identity,
                                struct reason *reason)
{
    if (*settings_text(settings, "prefix")) {
        return explain(reason, STATUS_FAILED,
                       "it brings an adapter: leave out the prefix, :%.100s",
                       settings_text(settings, "prefix"));
    }
    return adapter_attach(adapter, settings_text(settings, "options"), calls,
                          identity, reason);
}

static enum status take_calls(const struct private_library *library,
                              const struct settings *settings,
                              struct allocator_calls *calls,
                              struct reason *reason)
{
    if (*settings_text(settings, "options")) {
        return explain(reason, STATUS_FAILED,
                       "options are an adapter's, and the library has none");
    }
    const enum status status =
        private_library_bind(library, settings_text(settings, "prefix"),
                             standard_calls, calls, reason);
    /* As every malloc that is meant to replace libc's. */
    calls->capabilities = CAN_THREADS;
    calls->purge = status == STATUS_OK ? purge_probe(library) : NULL;
    return status;
}

static enum status attach(struct allocator_calls *calls,
                          const struct settings *settings,
                          struct identity *identity, struct reason *reason)
{
    const char *path = settings_text(settings, "path");
    struct private_library library;
    if (path[0] == '\0') {
        return explain(reason, STATUS_UNSUPPORTED,
                       "no library given: write NAME=/path/lib.so[:prefix]");
    }
    const char *const names[] = {path, NULL};
    const enum status status =
        private_library_open(&library, names, NULL, identity, reason);
    if (status != STATUS_OK) {
        return status;
    }
    const struct giveback_adapter *adapter = adapter_of(&library);
    return adapter ? take_adapter(adapter, settings, calls, identity, reason)
                   : take_calls(&library, settings, calls, reason);
}

static const struct parameter parameters[] = {
    {.key = "path", .meaning = "the library's file", .preset = ""},
    {.key = "prefix",
     .meaning = "what stands before malloc and free in its symbols",
     .preset = ""},
    {.key = "options",
     .meaning = "a text for its adapter, where it brings one",
     .preset = ""},
    {.key = NULL},
};

const struct allocator allocator_shared_object = {
    .name = "shared_object",
    .summary = "any library: NAME=/path/lib.so[:prefix]",
    .parameters = parameters,
    .on_request = true,
    .attach = attach,
};
