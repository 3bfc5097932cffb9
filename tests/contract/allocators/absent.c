/* A backend whose library no machine has: what a missing one looks like. */
#include "support/private_library.h"
#include "support/standard_calls.h"

static enum status attach(struct allocator_calls *calls,
                          const struct settings *settings,
                          struct identity *identity, struct reason *reason)
{
    static const char *const names[] = {"libgiveback_absent.so.2",
                                        "libgiveback_absent.so.1", NULL};
    struct private_library library;
    (void)settings;
    const enum status status = private_library_open(
        &library, names, "libgiveback-absent2", identity, reason);
    return status == STATUS_OK
               ? private_library_bind(&library, "", standard_calls, calls,
                                      reason)
               : status;
}

const struct allocator allocator_absent = {
    .name = "absent",
    .summary = "a library that no machine has",
    .package = "libgiveback-absent2",
    .capabilities = CAN_THREADS,
    .attach = attach,
};
