/* The oracle: a real libpython, its object allocator used without starting
 * the interpreter, which works up to 3.11. */
#ifndef GIVEBACK_DIFFERENTIAL_LIBPYTHON_H
#define GIVEBACK_DIFFERENTIAL_LIBPYTHON_H

#include <stddef.h>
#include <stdio.h>

#include "pymalloc.h"
#include "slots.h"

/* The public C API of Python (docs.python.org/3/c-api/memory.html). */
struct libpython {
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

/* From now on its arenas come from `slots`. Before the first allocation. */
void libpython_use_slots(const struct libpython *python, struct slots *slots);

/* Its own account, read from its report; fields it does not print stay 0.
 * Returns whether the report could be read. */
bool libpython_statistics(const struct libpython *python,
                          struct pymalloc_statistics *statistics);

#endif
