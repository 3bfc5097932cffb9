/* The calls of C's malloc family as binding rows, for backends whose library
 * exports them under a prefix. */
#ifndef GIVEBACK_SUPPORT_STANDARD_CALLS_H
#define GIVEBACK_SUPPORT_STANDARD_CALLS_H

#include "private_library.h"

/* A library with malloc's family under a prefix. */
struct standard_library {
    const char *const *libraries;         /* those of its `struct allocator` */
    const char *package;                  /* NULL: it is always there */
    const char *prefix;                   /* "", "je_", "mi_" ... */
    const struct private_binding *calls;  /* NULL: standard_calls */
    const struct private_binding *extras; /* what else it needs, or NULL */
    void *extras_structure;               /* where that goes */
};

/* What every such backend takes: a build of one's own in place of the
 * installed one, with the same variants and the same trim. */
#define LIBRARY_PARAMETER                                                     \
    {                                                                         \
        .key = "library",                                                     \
        .meaning = "the file to load in place of the installed one",          \
        .preset = "", .is_file = true                                         \
    }

/* For backends that take nothing else. */
extern const struct parameter library_parameters[];

/* Opens the library, the one that the setting `library` names if it names
 * one, and binds its calls and extras. Statuses and reasons are those of
 * private_library_open and private_library_bind. */
enum status standard_attach(const struct standard_library *standard,
                            const struct settings *settings,
                            struct private_library *library,
                            struct allocator_calls *calls,
                            struct identity *identity, struct reason *reason);

/* alloc and release are required, the rest optional. Binds into a
 * `struct allocator_calls`. */
extern const struct private_binding standard_calls[];

#endif
