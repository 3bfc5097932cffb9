/* Versions of allocators that scripts/fetch-allocators brought.
 *
 * They lie in a folder of their own, beside what the system has installed.
 * Its registry.json says which library files each package holds, and under
 * which loader they run; a package that holds one of an allocator's
 * `libraries` is a version of that allocator. Nobody keeps a list of
 * allocators here. The parent's alone: it allocates.
 */
#ifndef GIVEBACK_VERSIONS_H
#define GIVEBACK_VERSIONS_H

#include <stddef.h>

#include "allocator.h"
#include "texts.h"

struct version {
    const struct allocator *allocator;
    /* Texts of the registry. */
    const char *suite;           /* the release it comes from: "trixie" */
    const char *package;         /* "libjemalloc2" */
    const char *package_version; /* "5.3.0-3" */
    const char *because; /* why it has its own loader; NULL: it has not */
    char number[64];     /* what upstream calls it: "5.3.0" */
    char *library;       /* the file; an absolute path */
    char *loader;        /* put before the program; NULL: none */
    char *library_path;  /* where that loader looks; NULL: no loader */
};

struct versions {
    struct version *rows;
    size_t count;
    void *registry;       /* owns the rows' texts */
    struct reason reason; /* why the registry cannot be read; else empty */
};

/* Reads FOLDER/registry.json; without one there are no versions. What goes
 * wrong is in `reason`, and then there are none either. */
void versions_read(const char *folder, struct versions *versions);
void versions_free(struct versions *versions);

/* Those of this program, read once: in the folder that GIVEBACK_FETCHED names,
 * else in `fetched` beside the program. */
const struct versions *versions_fetched(void);

/* The allocator's version that `wanted` names: the beginning of its number,
 * or its suite, of which the newest is taken. `*found` is NULL where none was
 * fetched. STATUS_FAILED with the reason where several fit, or where the
 * registry cannot be read. */
enum status versions_find(const struct versions *versions,
                          const struct allocator *allocator,
                          const char *wanted, const struct version **found,
                          struct reason *reason);

#endif
