/* For libraries of another shape than malloc's: one exported object.
 *
 * A shared object that exports a `struct giveback_adapter` by the name of
 * `giveback_adapter` is run as `giveback run -a NAME=/path/adapter.so`. This
 * header stands alone and nothing is linked: what it says stays as it is, and
 * later interfaces add members at the end and raise the number.
 */
#ifndef GIVEBACK_API_ADAPTER_H
#define GIVEBACK_API_ADAPTER_H

#include <stddef.h>

#define GIVEBACK_ADAPTER_INTERFACE 1

enum giveback_adapter_can {
    GIVEBACK_ADAPTER_THREADS = 1 << 0, /* calls from several threads at once */
    GIVEBACK_ADAPTER_FORK = 1 << 1,    /* works on in a forked child */
};

struct giveback_adapter {
    unsigned interface;  /* GIVEBACK_ADAPTER_INTERFACE */
    unsigned can;        /* of the bits above */
    const char *version; /* of the library, static text; NULL: unknown */
    /* Any function of the library that does the work, where the calls below
     * are wrappers around it: then that library is the one that results name
     * and hash. NULL: the one in which `alloc` lives. Never called. */
    void (*inside)(void);
    /* Called once before all others, with the text of the setting `options`,
     * or an empty one. Returns NULL, or static text that says what is wrong
     * and what to do. May be absent. */
    const char *(*begin)(const char *options);

    /* The contracts of malloc and free; both are required. */
    void *(*alloc)(size_t size);
    void (*release)(void *block);
    /* Those of calloc, realloc, aligned_alloc and malloc_usable_size; absent
     * where the library has no such thing. */
    void *(*alloc_zeroed)(size_t count, size_t size);
    void *(*resize)(void *block, size_t size);
    void *(*alloc_aligned)(size_t alignment, size_t size);
    size_t (*usable_size)(void *block);
    void (*purge)(void); /* gives every free page back now */
    /* On every thread of a workload, before its first and after its last call
     * of the others. */
    void (*thread_begin)(void), (*thread_end)(void);
    /* The library's own account in bytes: in blocks that the program holds,
     * and taken from the system and not given back. */
    size_t (*allocated_bytes)(void), (*arena_bytes)(void);
};

#endif
