/* The contract of a backend: what allocators/NAME.c offers.
 *
 * allocators/NAME.c defines `const struct allocator allocator_NAME`; the
 * build finds it by its file name, nothing else is edited. One process
 * measures one allocator, so the calls take no context argument and have
 * malloc's own shape: nothing stands between a workload and the allocator.
 *
 * A backend loads its library privately (support/private_library.h): linking
 * an allocator would replace the whole process's malloc, and a row "system"
 * in such a process would be a lie.
 */
#ifndef GIVEBACK_API_ALLOCATOR_H
#define GIVEBACK_API_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parameter.h"
#include "status.h"

/* An allocator's own account in bytes and counts; SIZE_MAX where it cannot
 * tell. */
struct allocator_stats {
    size_t allocated_bytes; /* in blocks that the program holds */
    size_t arena_bytes;     /* taken from the system and not given back */
    size_t arenas_mapped;   /* taken from the system since the start */
    size_t arenas_unmapped; /* given back since the start */
};

/* The calls. `alloc` and `release` are always there, the rest is NULL where
 * the allocator does not offer it. They keep the contracts of malloc, free,
 * calloc, realloc, aligned_alloc and malloc_usable_size. */
struct allocator_calls {
    void *(*alloc)(size_t size);
    void (*release)(void *block);
    void *(*alloc_zeroed)(size_t count, size_t size);
    void *(*resize)(void *block, size_t size);
    void *(*alloc_aligned)(size_t alignment, size_t size);
    size_t (*usable_size)(void *block);
    void (*purge)(void); /* gives every free page back now */
    void (*thread_begin)(void), (*thread_end)(void);
    void (*stats)(struct allocator_stats *stats);
    /* Writes a snapshot of the arenas into `out`, which holds `size` bytes,
     * as one JSON object, and returns its length; nothing is promised of what
     * stands in `out` when that is more than `size`. */
    size_t (*inspect)(void *out, size_t size);
    unsigned capabilities; /* more of them, where settings bring them */
};

/* What a backend can do and a workload may need. CAN_THREADS, CAN_FORK and
 * CAN_REPEAT are declared, in `allocator` or by `attach` in its calls; the
 * rest follows from the calls that are there. */
enum capability {
    CAN_THREADS = 1 << 0, /* calls from several threads at once */
    CAN_FORK = 1 << 1,    /* works on in a forked child */
    CAN_ZEROED = 1 << 2,
    CAN_RESIZE = 1 << 3,
    CAN_ALIGNED = 1 << 4,
    CAN_USABLE_SIZE = 1 << 5,
    CAN_PURGE = 1 << 6,
    CAN_STATS = 1 << 7,
    CAN_INSPECT = 1 << 8,
    /* No workload's need but a confession: may answer several requests with
     * one block, so contents are not kept. Every other allocator must pass
     * the check of its blocks before a run. */
    CAN_REPEAT = 1 << 9,
};

/* Documented settings under a name: environment set before the process
 * starts ("NAME=value"; GLIBC_TUNABLES is merged with the harness's own) and
 * options handed to attach ("key=value", keys as in `parameters`). Both end
 * in NULL and may be absent. Tables end in an empty row. */
struct variant {
    const char *name, *summary;
    const char *const *environment, *const *options;
};

/* Which library really runs. */
struct identity {
    char library[4096]; /* absolute path; empty: part of this program */
    char version[64];   /* as the library itself tells it, else empty */
    /* Where the calls are wrappers around the library: the file that they live
     * in, and an address within the library. Else empty and 0. */
    char adapter[4096];
    uint64_t inside;
};

struct allocator {
    const char *name, *summary;
    const char *package; /* what to install to have it; NULL: always there */
    /* The files that bring it, by their names: the first that is installed is
     * loaded, and a fetched package that holds one is a version of it. Ends
     * in NULL; absent: it is part of this program, or needs a path. */
    const char *const *libraries;
    const struct variant *variants;     /* the first is the default */
    const struct parameter *parameters; /* the axes; may be absent */
    unsigned capabilities;              /* CAN_THREADS, CAN_FORK, ... */
    /* A limit, a control, or what needs a setting: nobody's choice, so '*'
     * leaves it out. */
    bool on_request;

    /* Readies the allocator in this process. `settings` holds every declared
     * parameter. On STATUS_OK `calls` and `identity` are filled; otherwise
     * `reason` says why and what to do: unsupported when it is not installed
     * or not offered here, failed when it should have worked. Called once,
     * before the base sample. */
    enum status (*attach)(struct allocator_calls *calls,
                          const struct settings *settings,
                          struct identity *identity, struct reason *reason);
};

#endif
