/* Any library by its path: alias=/path/lib.so[:prefix].
 *
 * It must export PREFIXmalloc and PREFIXfree; calloc, realloc, aligned_alloc
 * and malloc_usable_size are used where they are there.
 */
#include "support/purge_probe.h"
#include "support/standard_calls.h"

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
    const struct standard_library standard = {
        .names = (const char *const[]){path, NULL},
        .prefix = settings_text(settings, "prefix"),
    };
    const enum status status =
        standard_attach(&standard, &library, calls, identity, reason);
    if (status == STATUS_OK) {
        calls->purge = purge_probe(&library);
    }
    return status;
}

static const struct parameter parameters[] = {
    {.key = "path", .meaning = "the library's file", .preset = ""},
    {.key = "prefix",
     .meaning = "what stands before malloc and free in its symbols",
     .preset = ""},
    {.key = NULL},
};

const struct allocator allocator_shared_object = {
    .name = "shared_object",
    .summary = "any library: NAME=/path/lib.so[:prefix]",
    .parameters = parameters,
    .capabilities = CAN_THREADS,
    .attach = attach,
};
