/* Opens an allocator's shared library for this process alone.
 *
 * The library's symbols stay out of the global scope (RTLD_LOCAL), so the
 * harness and libc go on with libc's malloc and only the measured calls reach
 * the library. Never dlmopen: a second libc in the process would never trim.
 *
 * Invariant: an address handed out lives in the library that was opened.
 * dlsym also searches what the library depends on, so asking libtbbmalloc for
 * "malloc" answers libc's: such a symbol counts as absent here, and
 * `struct private_symbol` says whose it is.
 */
#ifndef GIVEBACK_SUPPORT_PRIVATE_LIBRARY_H
#define GIVEBACK_SUPPORT_PRIVATE_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

#include "allocator.h"
#include "status.h"

struct link_map;

/* An opened library. It stays open until the process ends: blocks of it may
 * be live, and its threads may run. */
struct private_library {
    void *handle;               /* dlopen's; owned by the dynamic linker */
    const struct link_map *map; /* the linker's record of it */
};

/* Opens the first of `names` that is installed: sonames searched as dlopen
 * does, or paths with a slash; the list ends in NULL. `package` is what to
 * install to have it, or NULL.
 *
 * STATUS_OK: `library` is filled and `identity->library` is the real path of
 * the file. STATUS_UNSUPPORTED: none is installed. STATUS_FAILED: one is
 * there and cannot be loaded (the loader's own words are in the reason); the
 * names after it are not tried, since a row must not silently become another
 * library's. `reason` says what to do. */
enum status private_library_open(struct private_library *library,
                                 const char *const *names, const char *package,
                                 struct identity *identity,
                                 struct reason *reason);

/* Where a symbol was found. */
struct private_symbol {
    void *address;    /* NULL unless it lives in this library */
    const char *home; /* NULL: no such symbol; else the path of the library
                         it lives in; owned by the dynamic linker */
};

/* Looks `name` up, and who it belongs to. */
struct private_symbol
private_library_symbol(const struct private_library *library,
                       const char *name);

/* One function or object that a backend needs: where in the backend's
 * structure its pointer goes. Tables end in an empty row. */
struct private_binding {
    const char *name; /* without the prefix */
    size_t offset;    /* offsetof a pointer in the structure */
    bool optional;    /* absent: the pointer becomes NULL */
};

/* Fills the pointers of `structure` that `bindings` names, each looked up
 * as `prefix` followed by its name ("je_", "mi_", "" ...). Every pointer that
 * was not found is NULL afterwards.
 *
 * STATUS_OK: every row that is not optional was found in this library.
 * STATUS_UNSUPPORTED: one was not; `reason` names it and, where another
 * library answered for it, that library. */
enum status private_library_bind(const struct private_library *library,
                                 const char *prefix,
                                 const struct private_binding *bindings,
                                 void *structure, struct reason *reason);

#endif
