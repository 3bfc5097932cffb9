/* A libpython that is loaded into this process. */
#include "python.h"

#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct symbol {
    const char *name;
    size_t offset;
};

static const struct symbol symbols[] = {
    {"Py_GetVersion", offsetof(struct python, get_version)},
    {"Py_BytesMain", offsetof(struct python, bytes_main)},
    {"PyMem_GetAllocator", offsetof(struct python, get_allocator)},
    {"PyMem_SetAllocator", offsetof(struct python, set_allocator)},
    {"PyObject_GetArenaAllocator", offsetof(struct python, get_arenas)},
    {"PyObject_SetArenaAllocator", offsetof(struct python, set_arenas)},
    {0},
};

/* Public since 3.13, and there under the second name before. */
static const char *const finalizing_names[] = {"Py_IsFinalizing",
                                               "_Py_IsFinalizing", NULL};

/* The order of tests/differential, then the others that can be recorded. */
static const char *const sonames[] = {
    "libpython3.11.so.1.0", "libpython3.10.so.1.0", "libpython3.12.so.1.0",
    "libpython3.13.so.1.0", "libpython3.14.so.1.0", "libpython3.15.so.1.0",
    "libpython3.9.so.1.0",  "libpython3.8.so.1.0",  NULL};

/* What the releases are built with; Py_BytesMain came with 3.8. */
struct release {
    const char *prefix;
    size_t arena_bytes, pool_bytes;
};

#define SMALL_ARENAS (size_t)256 << 10, (size_t)4 << 10
#define LARGE_ARENAS (size_t)1 << 20, (size_t)16 << 10

static const struct release releases[] = {
    {"3.8.", SMALL_ARENAS},  {"3.9.", SMALL_ARENAS},  {"3.10.", LARGE_ARENAS},
    {"3.11.", LARGE_ARENAS}, {"3.12.", LARGE_ARENAS}, {"3.13.", LARGE_ARENAS},
    {"3.14.", LARGE_ARENAS}, {"3.15.", LARGE_ARENAS}, {0},
};

static enum status load(void **handle, const char *path, struct reason *reason)
{
    const char *chosen = path ? path : getenv("GIVEBACK_LIBPYTHON");
    if (chosen) {
        *handle = dlopen(chosen, RTLD_NOW | RTLD_GLOBAL);
        return *handle ? STATUS_OK
                       : explain(reason, STATUS_FAILED, "%s", dlerror());
    }
    for (size_t i = 0; !*handle && sonames[i]; i++) {
        *handle = dlopen(sonames[i], RTLD_NOW | RTLD_GLOBAL);
    }
    return *handle
               ? STATUS_OK
               : explain(reason, STATUS_UNSUPPORTED,
                         "no libpython is installed: install libpython3.11 "
                         "or name one with --libpython PATH");
}

static enum status bind(struct python *python, void *handle,
                        struct reason *reason)
{
    for (const struct symbol *row = symbols; row->name; row++) {
        void *address = dlsym(handle, row->name);
        if (!address) {
            return explain(reason, STATUS_FAILED,
                           "it has no %s: Python 3.8 to 3.15 can be recorded",
                           row->name);
        }
        memcpy((char *)python + row->offset, &address, sizeof address);
    }
    void *finalizing = NULL;
    for (size_t i = 0; !finalizing && finalizing_names[i]; i++) {
        finalizing = dlsym(handle, finalizing_names[i]);
    }
    memcpy(&python->is_finalizing, &finalizing, sizeof finalizing);
    if (!finalizing) {
        return explain(reason, STATUS_FAILED,
                       "it has no %s: releases from 3.8 on do",
                       finalizing_names[0]);
    }
    return STATUS_OK;
}

static enum status check_version(struct python *python, struct reason *reason)
{
    const char *full = python->get_version();
    const size_t length = strcspn(full, " ");
    const struct release *release = releases;
    while (release->prefix &&
           strncmp(full, release->prefix, strlen(release->prefix)) != 0) {
        release++;
    }
    if (!release->prefix || length >= sizeof python->version) {
        return explain(reason, STATUS_FAILED,
                       "it is Python %.20s: 3.8 to 3.15 can be recorded",
                       full);
    }
    if (strstr(full, "free-threading")) {
        return explain(reason, STATUS_FAILED,
                       "it is a free-threaded build, which has no pymalloc: "
                       "take one without the t");
    }
    memcpy(python->version, full, length);
    python->arena_bytes = release->arena_bytes;
    python->pool_bytes = release->pool_bytes;
    return STATUS_OK;
}

/* Python looks for its standard library from argv[0] upwards before it tries
 * the folder that it was built for, and would find another Python's. Its own
 * stands in PREFIX/lib/pythonX.Y, PREFIX being above the shared library. */
static void find_program(struct python *python, void *handle)
{
    struct link_map *map = NULL;
    char prefix[PATH_MAX];
    const char *dot = strchr(python->version, '.');
    const int short_version =
        (int)(strcspn(dot + 1, ".") + 1 + (size_t)(dot - python->version));
    (void)snprintf(python->program, sizeof python->program, "python%.*s",
                   short_version, python->version);
    if (dlinfo(handle, RTLD_DI_LINKMAP, &map) != 0 ||
        !realpath(map->l_name, prefix)) {
        return;
    }
    for (char *end = strrchr(prefix, '/'); end; end = strrchr(prefix, '/')) {
        char library[PATH_MAX];
        *end = '\0';
        const int length =
            snprintf(library, sizeof library, "%.3000s/lib/python%.*s/os.py",
                     prefix, short_version, python->version);
        if (length > 0 && access(library, R_OK) == 0) {
            (void)snprintf(python->program, sizeof python->program,
                           "%.3000s/bin/python%.*s", prefix, short_version,
                           python->version);
            return;
        }
    }
}

enum status python_open(struct python *python, const char *path,
                        struct reason *reason)
{
    void *handle = NULL;
    *python = (struct python){0};
    enum status status = load(&handle, path, reason);
    if (status == STATUS_OK) {
        status = bind(python, handle, reason);
    }
    if (status == STATUS_OK) {
        status = check_version(python, reason);
    }
    if (status == STATUS_OK) {
        find_program(python, handle);
    }
    return status;
}
