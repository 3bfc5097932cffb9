/* The calls of C's malloc family as binding rows. */
#include "standard_calls.h"

const struct private_binding standard_calls[] = {
    {"malloc", offsetof(struct allocator_calls, alloc), false},
    {"free", offsetof(struct allocator_calls, release), false},
    {"calloc", offsetof(struct allocator_calls, alloc_zeroed), true},
    {"realloc", offsetof(struct allocator_calls, resize), true},
    {"aligned_alloc", offsetof(struct allocator_calls, alloc_aligned), true},
    {"malloc_usable_size", offsetof(struct allocator_calls, usable_size),
     true},
    {NULL, 0, false},
};

const struct parameter library_parameters[] = {
    LIBRARY_PARAMETER,
    {.key = NULL},
};

static enum status open_library(const struct standard_library *standard,
                                const struct settings *settings,
                                struct private_library *library,
                                struct identity *identity,
                                struct reason *reason)
{
    const char *path = settings_text(settings, "library");
    const char *const named[] = {path, NULL};
    return path && *path
               ? private_library_open(library, named, NULL, identity, reason)
               : private_library_open(library, standard->libraries,
                                      standard->package, identity, reason);
}

enum status standard_attach(const struct standard_library *standard,
                            const struct settings *settings,
                            struct private_library *library,
                            struct allocator_calls *calls,
                            struct identity *identity, struct reason *reason)
{
    enum status status =
        open_library(standard, settings, library, identity, reason);
    if (status == STATUS_OK) {
        status = private_library_bind(
            library, standard->prefix,
            standard->calls ? standard->calls : standard_calls, calls, reason);
    }
    if (status == STATUS_OK && standard->extras) {
        status =
            private_library_bind(library, standard->prefix, standard->extras,
                                 standard->extras_structure, reason);
    }
    return status;
}
