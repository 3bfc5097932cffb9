/* The oracle: a real libpython. */
#include "libpython.h"

#include <ctype.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* PyObjectArenaAllocator of Python's C API. */
struct arena_allocator {
    void *context;
    void *(*alloc)(void *context, size_t size);
    void (*free)(void *context, void *arena, size_t size);
};

struct symbol {
    const char *name;
    size_t offset;
    bool may_lack; /* 2.7 has none */
};

static const struct symbol symbols[] = {
    {"Py_GetVersion", offsetof(struct libpython, version), false},
    {"PyObject_Malloc", offsetof(struct libpython, malloc), false},
    {"PyObject_Realloc", offsetof(struct libpython, realloc), false},
    {"PyObject_Free", offsetof(struct libpython, free), false},
    {"PyObject_Calloc", offsetof(struct libpython, calloc), true},
    {"PyObject_SetArenaAllocator", offsetof(struct libpython, set_arenas),
     true},
    {"_PyObject_DebugMallocStats",
     offsetof(struct libpython, print_statistics), true},
    {"_Py_GetAllocatedBlocks", offsetof(struct libpython, allocated_blocks),
     true},
    {0},
};

static const char *const sonames[] = {
    "libpython3.11.so.1.0", "libpython3.10.so.1.0", "libpython3.9.so.1.0",
    "libpython2.7.so.1.0", NULL};

/* By what a version begins with. Late releases of 2.7, 3.6 and 3.7 align to
 * 16 bytes, early ones to 8. */
static const struct {
    const char *version, *preset, *preset_of_16;
} versions[] = {
    {"2.7.", "2.7", "2.7.17"}, {"3.6.", "2.7", "2.7.17"},
    {"3.7.", "2.7", "2.7.17"}, {"3.8.", "3.8", "3.8"},
    {"3.9.", "3.9", "3.9"},    {"3.10.", "3.10", "3.10"},
    {"3.11.", "3.10", "3.10"}, {NULL, NULL, NULL},
};

/* Whether blocks of a byte lie 16 bytes apart: seen in a process of its own,
 * because the twin's first call must be the first. */
static bool aligns_to_16(const struct libpython *python)
{
    const pid_t pid = fork();
    if (pid == 0) {
        const char *first = python->malloc(1);
        const char *second = python->malloc(1);
        _exit(second - first == 16 ? 0 : 1);
    }
    int status = 1;
    return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* NULL where the allocator cannot be called without the interpreter, or its
 * rules are not known. */
static const char *preset_of(const struct libpython *python)
{
    const char *version = python->version();
    for (size_t i = 0; versions[i].version != NULL; i++) {
        if (strncmp(version, versions[i].version,
                    strlen(versions[i].version)) == 0) {
            return aligns_to_16(python) ? versions[i].preset_of_16
                                        : versions[i].preset;
        }
    }
    return NULL;
}

static void *open_library(void)
{
    const char *chosen = getenv("GIVEBACK_LIBPYTHON");
    if (chosen != NULL) {
        return dlopen(chosen, RTLD_NOW | RTLD_GLOBAL);
    }
    void *handle = NULL;
    for (size_t i = 0; handle == NULL && sonames[i] != NULL; i++) {
        handle = dlopen(sonames[i], RTLD_NOW | RTLD_GLOBAL);
    }
    return handle;
}

const char *libpython_open(struct libpython *python)
{
    static char reason[512];
    void *handle = open_library();
    if (handle == NULL) {
        (void)snprintf(reason, sizeof reason, "no libpython: %s", dlerror());
        return reason;
    }
    for (const struct symbol *row = symbols; row->name != NULL; row++) {
        void *address = dlsym(handle, row->name);
        if (address == NULL && !row->may_lack) {
            (void)snprintf(reason, sizeof reason, "this libpython has no %s",
                           row->name);
            return reason;
        }
        memcpy((char *)python + row->offset, &address, sizeof address);
    }
    python->preset = preset_of(python);
    if (python->preset == NULL) {
        (void)snprintf(reason, sizeof reason,
                       "libpython %.20s: needs 2.7 or 3.6 to 3.11, whose "
                       "allocator works without the interpreter",
                       python->version());
        return reason;
    }
    return NULL;
}

size_t libpython_preset(const struct libpython *python)
{
    size_t i = 0;
    while (strcmp(pymalloc_preset(i)->name, python->preset) != 0) {
        i++;
    }
    return i;
}

bool libpython_use_slots(const struct libpython *python, struct slots *slots)
{
    if (python->set_arenas == NULL) {
        return libpython_map_arenas(slots);
    }
    struct arena_allocator arenas = {slots, slots_take, slots_give};
    python->set_arenas(&arenas);
    return true;
}

/* A line of the report that ends in a figure, and where the figure goes. */
struct line {
    const char *text;
    size_t offset;
};

static const struct line lines[] = {
    {"# arenas allocated total",
     offsetof(struct pymalloc_statistics, arenas_allocated_total)},
    {"# arenas reclaimed",
     offsetof(struct pymalloc_statistics, arenas_reclaimed)},
    {"# arenas highwater mark",
     offsetof(struct pymalloc_statistics, arenas_highwater)},
    {"# arenas allocated current",
     offsetof(struct pymalloc_statistics, arenas_current)},
    {"# bytes in allocated blocks",
     offsetof(struct pymalloc_statistics, bytes_allocated_blocks)},
    {"# bytes in available blocks",
     offsetof(struct pymalloc_statistics, bytes_available_blocks)},
    {"unused pools *",
     offsetof(struct pymalloc_statistics, bytes_unused_pools)},
    {"# bytes lost to pool headers",
     offsetof(struct pymalloc_statistics, bytes_pool_headers)},
    {"# bytes lost to quantization",
     offsetof(struct pymalloc_statistics, bytes_quantization)},
    {"# bytes lost to arena alignment",
     offsetof(struct pymalloc_statistics, bytes_arena_alignment)},
    {0},
};

/* The figure behind "=", without its thousands separators. */
static size_t figure(const char *line)
{
    size_t value = 0;
    for (const char *at = strchr(line, '='); at != NULL && *at != '\0'; at++) {
        if (isdigit((unsigned char)*at)) {
            value = value * 10 + (size_t)(*at - '0');
        }
    }
    return value;
}

/* Reads a line of the table of classes: index, block size, pools, blocks in
 * use, blocks available. False: it is another line. */
static bool read_class(const char *line, struct pymalloc_statistics *out)
{
    size_t figures[5];
    const char *rest = line;
    for (size_t i = 0; i < 5; i++) {
        char *end = NULL;
        figures[i] = strtoull(rest, &end, 10);
        if (end == rest) {
            return false;
        }
        rest = end;
    }
    if (*rest != '\0' || figures[0] >= PYMALLOC_CLASSES_MAX) {
        return false;
    }
    out->classes[figures[0]] = (struct pymalloc_class_statistics){
        .block_bytes = figures[1],
        .pools = figures[2],
        .blocks_in_use = figures[3],
        .blocks_available = figures[4],
    };
    return true;
}

/* Reads one line; returns how many figures of `lines` it held. */
static size_t read_line(const char *line, struct pymalloc_statistics *out)
{
    if (read_class(line, out)) {
        return 0;
    }
    for (const struct line *known = lines; known->text != NULL; known++) {
        if (strstr(line, known->text) != NULL) {
            const size_t value = figure(line);
            memcpy((char *)out + known->offset, &value, sizeof value);
            return 1;
        }
    }
    return 0;
}

bool libpython_statistics(const struct libpython *python,
                          struct pymalloc_statistics *statistics)
{
    *statistics = (struct pymalloc_statistics){0};
    char *report = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&report, &length);
    if (out == NULL) {
        return false;
    }
    (void)python->print_statistics(out);
    (void)fclose(out);
    size_t found = 0;
    char *rest = report;
    for (char *line = strsep(&rest, "\n"); line != NULL;
         line = strsep(&rest, "\n")) {
        found += read_line(line, statistics);
    }
    free(report);
    return found == sizeof lines / sizeof lines[0] - 1;
}
