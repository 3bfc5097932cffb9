/* A libpython that is loaded into this process: what is used of its C API
 * (docs.python.org/3/c-api/memory.html and .../init.html).
 */
#ifndef GIVEBACK_RECORDER_PYTHON_H
#define GIVEBACK_RECORDER_PYTHON_H

#include <limits.h>
#include <stddef.h>

#include "status.h"

/* PyMemAllocatorDomain. */
enum python_domain { PYTHON_RAW, PYTHON_MEM, PYTHON_OBJ };

/* PyMemAllocatorEx. */
struct python_allocator {
    void *context;
    void *(*malloc)(void *context, size_t size);
    void *(*calloc)(void *context, size_t count, size_t size);
    void *(*realloc)(void *context, void *block, size_t size);
    void (*free)(void *context, void *block);
};

/* PyObjectArenaAllocator. */
struct python_arenas {
    void *context;
    void *(*alloc)(void *context, size_t size);
    void (*free)(void *context, void *arena, size_t size);
};

struct python {
    const char *(*get_version)(void);
    void (*get_allocator)(enum python_domain domain,
                          struct python_allocator *allocator);
    void (*set_allocator)(enum python_domain domain,
                          struct python_allocator *allocator);
    void (*get_arenas)(struct python_arenas *arenas);
    void (*set_arenas)(struct python_arenas *arenas);
    int (*bytes_main)(int count, char **texts);
    int (*is_finalizing)(void); /* whether it takes itself down */

    char version[64]; /* "3.11.2" */
    size_t arena_bytes, pool_bytes;
    /* What argv[0] should be, so that it finds its standard library: the
     * path of the interpreter that the library belongs to. */
    char program[PATH_MAX];
};

/* Loads `path`, or else $GIVEBACK_LIBPYTHON, or else the first installed one.
 * Unsupported: there is none. Failed: it is there and does not work for us.
 * It stays loaded until the process ends. */
enum status python_open(struct python *python, const char *path,
                        struct reason *reason);

#endif
