/* CPython's small-object allocator, the real one: PyObject_Malloc and its
 * family of an installed libpython, whose interpreter is never started.
 *
 * Up to 3.11 the family works before Py_Initialize; from 3.12 on it reads the
 * state of an interpreter that does not exist yet, and crashes. Requests
 * above its threshold are libc malloc's, as in any Python.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "support/private_library.h"

/* The C API of Python (docs.python.org/3/c-api/memory.html). */
struct python {
    const char *(*version)(void);
    const char *(*allocator_name)(void);
    struct allocator_calls object; /* the calls in malloc's shape */
};

static const struct private_binding bindings[] = {
    {"Py_GetVersion", offsetof(struct python, version), false},
    {"_PyMem_GetCurrentAllocatorName", offsetof(struct python, allocator_name),
     true}, /* since 3.8 */
    {"PyObject_Malloc", offsetof(struct python, object.alloc), false},
    {"PyObject_Free", offsetof(struct python, object.release), false},
    {"PyObject_Calloc", offsetof(struct python, object.alloc_zeroed),
     true}, /* since 3.5 */
    {"PyObject_Realloc", offsetof(struct python, object.resize), false},
    {NULL, 0, false},
};

/* "3.11.2 (main, ...) [GCC ...]" is version 3.11.2. */
static void read_version(const char *version, struct identity *identity)
{
    (void)snprintf(identity->version, sizeof identity->version, "%.*s",
                   (int)strcspn(version, " "), version);
}

/* Whether the family may be called without an interpreter. */
static enum status check_version(const char *version, struct reason *reason)
{
    char *dot = NULL;
    const unsigned long major = strtoul(version, &dot, 10);
    const unsigned long minor = *dot == '.' ? strtoul(dot + 1, NULL, 10) : 0;
    if (major < 3 || (major == 3 && minor < 12)) {
        return STATUS_OK;
    }
    return explain(reason, STATUS_UNSUPPORTED,
                   "libpython %s: since 3.12 PyObject_Malloc crashes unless "
                   "the interpreter runs: name an older one, up to 3.11, by "
                   "+path=",
                   version);
}

/* A build with debug hooks or without pymalloc serves other blocks. */
static enum status check_allocator(const struct python *python,
                                   struct reason *reason)
{
    const char *name =
        python->allocator_name ? python->allocator_name() : "pymalloc";
    if (name && strcmp(name, "pymalloc") == 0) {
        return STATUS_OK;
    }
    return explain(reason, STATUS_UNSUPPORTED,
                   "this libpython was built to serve objects by '%s', not "
                   "by pymalloc: name another by +path=",
                   name ? name : "an allocator without a name");
}

static enum status open_python(struct private_library *library,
                               const struct settings *settings,
                               struct identity *identity,
                               struct reason *reason)
{
    static const char *const installed[] = {"libpython3.11.so.1.0",
                                            "libpython3.10.so.1.0", NULL};
    const char *path = settings_text(settings, "path");
    const char *const named[] = {path, NULL};
    assert(path != NULL); /* it is declared */
    if (*path != '/' && strchr(path, '/')) {
        return explain(reason, STATUS_FAILED,
                       "path=%.200s: write the whole path, from / on", path);
    }
    return *path ? private_library_open(library, named, NULL, identity, reason)
                 : private_library_open(library, installed, "libpython3.11",
                                        identity, reason);
}

static enum status attach(struct allocator_calls *calls,
                          const struct settings *settings,
                          struct identity *identity, struct reason *reason)
{
    struct private_library library;
    struct python python = {.version = NULL};
    enum status status = open_python(&library, settings, identity, reason);
    if (status != STATUS_OK) {
        return status;
    }
    status = private_library_bind(&library, "", bindings, &python, reason);
    if (status != STATUS_OK) {
        return status;
    }
    read_version(python.version(), identity);
    status = check_version(identity->version, reason);
    if (status == STATUS_OK) {
        status = check_allocator(&python, reason);
    }
    *calls = python.object;
    return status;
}

static const struct parameter parameters[] = {
    {.key = "path",
     .meaning = "a libpython, 2.7 or 3.6 to 3.11, by its whole path; empty: "
                "the installed one, 3.11 or 3.10",
     .preset = ""},
    {.key = NULL},
};

const struct allocator allocator_cpython = {
    .name = "cpython",
    .summary = "CPython's small-object allocator, the real libpython's",
    .package = "libpython3.11",
    .parameters = parameters,
    .capabilities = CAN_FORK,
    .attach = attach,
};
