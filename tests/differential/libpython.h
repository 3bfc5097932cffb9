/* The oracle: a real libpython, its object allocator used without starting
 * the interpreter, which works in 2.7 and from 3.6 to 3.11. */
#ifndef GIVEBACK_DIFFERENTIAL_LIBPYTHON_H
#define GIVEBACK_DIFFERENTIAL_LIBPYTHON_H

#include <stddef.h>
#include <stdio.h>

#include "pymalloc.h"
#include "slots.h"

/* The public C API of Python (docs.python.org/3/c-api/memory.html). What is
 * NULL this Python does not have. */
struct libpython {
    const char *preset; /* of the clone: the one that stands for it */
    const char *(*version)(void);
    void *(*malloc)(size_t size);
    void *(*calloc)(size_t count, size_t size);
    void *(*realloc)(void *block, size_t size);
    void (*free)(void *block);
    void (*set_arenas)(void *arena_allocator);
    int (*print_statistics)(FILE *out);
    ptrdiff_t (*allocated_blocks)(void); /* raw ones too */
};

/* Opens $GIVEBACK_LIBPYTHON or else an installed libpython that this works
 * with. NULL, or why there is none; the text lives until the process ends. */
const char *libpython_open(struct libpython *python);

/* The number of its preset in pymalloc's table. */
size_t libpython_preset(const struct libpython *python);

/* From now on its arenas come from `slots`. Before the first allocation.
 * False: neither by a hook nor by its calls of mmap. */
bool libpython_use_slots(const struct libpython *python, struct slots *slots);

/* The same for one without a hook; false: not in this build. */
bool libpython_map_arenas(struct slots *slots);

/* Its own account, read from its report; fields it does not print stay 0.
 * Returns whether the report could be read. */
bool libpython_statistics(const struct libpython *python,
                          struct pymalloc_statistics *statistics);

#endif
