/* Opens an allocator's shared library for this process alone. */
#include "private_library.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYMBOL_NAME_MAX 256

/* Whether dlopen failed because no file of that name was found. glibc writes
 * "FILE: what: strerror"; when a dependency is missing, FILE is the
 * dependency, and that is a broken library, not an absent one. */
static bool is_not_installed(const char *name, const char *error)
{
    const char *cause = strerror(ENOENT);
    const size_t name_length = strlen(name);
    const size_t cause_length = strlen(cause);
    const size_t length = strlen(error);
    return length > name_length + cause_length &&
           memcmp(error, name, name_length) == 0 &&
           error[name_length] == ':' &&
           strcmp(error + length - cause_length, cause) == 0;
}

/* The names as "a, b, c", cut to the capacity. */
static void join_names(char *text, size_t capacity, const char *const *names)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; names[i] != NULL && used < capacity; i++) {
        const int length = snprintf(text + used, capacity - used, "%s%s",
                                    i > 0 ? ", " : "", names[i]);
        used += length > 0 ? (size_t)length : 0;
    }
}

static enum status not_installed(struct reason *reason,
                                 const char *const *names, const char *package)
{
    char list[256];
    join_names(list, sizeof list, names);
    if (package == NULL) {
        return explain(reason, STATUS_UNSUPPORTED, "not found: %s", list);
    }
    return explain(reason, STATUS_UNSUPPORTED,
                   "not installed: %s not found; install the package %s", list,
                   package);
}

static enum status cannot_load(struct reason *reason, const char *name,
                               const char *error)
{
    if (strstr(error, "static TLS block") != NULL) {
        return explain(reason, STATUS_FAILED,
                       "%s is there but cannot be loaded: %s; to give it "
                       "more: --launcher '/usr/bin/env "
                       "GLIBC_TUNABLES=glibc.rtld.optional_static_tls=131072'",
                       name, error);
    }
    return explain(reason, STATUS_FAILED,
                   "%s is there but cannot be loaded: %s", name, error);
}

/* The absolute path of the file behind a link map, symbolic links resolved:
 * what was measured must not depend on where a link points tomorrow. */
static void real_path(const struct link_map *map, struct identity *identity)
{
    _Static_assert(sizeof identity->library >= PATH_MAX,
                   "realpath writes up to PATH_MAX bytes");
    if (realpath(map->l_name, identity->library) == NULL) {
        (void)snprintf(identity->library, sizeof identity->library, "%s",
                       map->l_name);
    }
}

enum status private_library_open(struct private_library *library,
                                 const char *const *names, const char *package,
                                 struct identity *identity,
                                 struct reason *reason)
{
    void *handle = NULL;
    for (size_t i = 0; handle == NULL; i++) {
        if (names[i] == NULL) {
            return not_installed(reason, names, package);
        }
        handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        if (handle == NULL) {
            const char *error = dlerror();
            if (!is_not_installed(names[i], error)) {
                return cannot_load(reason, names[i], error);
            }
        }
    }
    struct link_map *map = NULL;
    if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0) {
        return explain(reason, STATUS_FAILED, "dlinfo: %s", dlerror());
    }
    *library = (struct private_library){.handle = handle, .map = map};
    real_path(map, identity);
    return STATUS_OK;
}

struct private_symbol
private_library_symbol(const struct private_library *library, const char *name)
{
    struct private_symbol symbol = {NULL, NULL};
    void *address = dlsym(library->handle, name);
    if (address == NULL) {
        return symbol;
    }
    Dl_info where;
    struct link_map *map = NULL;
    if (dladdr1(address, &where, (void **)&map, RTLD_DL_LINKMAP) == 0) {
        symbol.home = "no library (an absolute symbol)";
        return symbol;
    }
    symbol.home = where.dli_fname;
    symbol.address = map == library->map ? address : NULL;
    return symbol;
}

static enum status not_here(struct reason *reason,
                            const struct private_library *library,
                            const char *name, const char *home)
{
    if (home == NULL) {
        return explain(reason, STATUS_UNSUPPORTED, "%s has no %s",
                       library->map->l_name, name);
    }
    return explain(reason, STATUS_UNSUPPORTED,
                   "%s has no %s of its own: the one found lives in %s",
                   library->map->l_name, name, home);
}

enum status private_library_bind(const struct private_library *library,
                                 const char *prefix,
                                 const struct private_binding *bindings,
                                 void *structure, struct reason *reason)
{
    enum status status = STATUS_OK;
    for (const struct private_binding *row = bindings; row->name != NULL;
         row++) {
        char name[SYMBOL_NAME_MAX];
        (void)snprintf(name, sizeof name, "%s%s", prefix, row->name);
        const struct private_symbol symbol =
            private_library_symbol(library, name);
        /* POSIX lets a function's address travel in a void pointer; C does
         * not let one be assigned, so its bytes are copied. */
        memcpy((char *)structure + row->offset, &symbol.address,
               sizeof symbol.address);
        if (symbol.address == NULL && !row->optional && status == STATUS_OK) {
            status = not_here(reason, library, name, symbol.home);
        }
    }
    return status;
}
