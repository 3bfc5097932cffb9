/* pymalloc: CPython's small-object allocator, as a library of its own.
 *
 * It answers the same sequence of requests as the CPython of a preset does:
 * the same block (arena and offset) for every call, and the same arena taken
 * and given back at the same call. Several instances live side by side in one
 * process. An instance is not thread safe: CPython holds its lock around it.
 *
 * The terms are CPython's. A *block* serves one request. A *pool* is
 * POOL_SIZE bytes of blocks of one size class. An *arena* is ARENA_SIZE bytes
 * of pools; arenas are what is taken from the system and given back to it.
 * *Raw* is the allocator below, which serves what pymalloc does not.
 */
#ifndef PYMALLOC_H
#define PYMALLOC_H

#include <stddef.h>
#include <stdint.h>

#define PYMALLOC_API __attribute__((visibility("default")))

/* No preset has more size classes: a threshold of 512 in steps of 8. */
#define PYMALLOC_CLASSES_MAX 64

struct pymalloc; /* an instance */

/* ---- what an instance is made of ---------------------------------------- */

/* When an arena is given back. */
enum pymalloc_release {
    PYMALLOC_RELEASE_PRESET,   /* as the preset's Python does */
    PYMALLOC_RELEASE_NEVER,    /* not before pymalloc_destroy */
    PYMALLOC_RELEASE_EMPTY,    /* as soon as all its pools are free */
    PYMALLOC_RELEASE_KEEP_ONE, /* then too, unless it is the last of
                                  usable_arenas */
};

/* Where arenas begin, of a system provider. An arena that does not begin at
 * a pool boundary loses one pool. */
enum pymalloc_base {
    PYMALLOC_BASE_ALIGNED,    /* base mod POOL_SIZE == 0 */
    PYMALLOC_BASE_MISALIGNED, /* == 4096 where arenas are mapped (pools must
                                 be larger than a page), 16 where they come
                                 from malloc */
    PYMALLOC_BASE_NATURAL,    /* wherever mmap or malloc puts them */
};

/* What arenas are made of, of a system provider. */
enum pymalloc_backing { PYMALLOC_BACKING_MMAP, PYMALLOC_BACKING_MALLOC };

/* What CPython's versions differ in. */
struct pymalloc_preset {
    const char *name;    /* "3.10" */
    const char *pythons; /* the versions it stands for: "3.10-3.14" */
    size_t alignment_bytes;
    size_t threshold_bytes; /* SMALL_REQUEST_THRESHOLD: larger ones are raw */
    size_t pool_bytes;
    size_t arena_bytes;
    size_t pool_header_bytes;
    enum pymalloc_backing backing;
    enum pymalloc_release release; /* what the preset's Python does */
};

/* Four functions that share a context, as CPython's PyMemAllocatorEx. They
 * keep the contracts of malloc, calloc, realloc and free; raw functions never
 * see a size of 0. */
struct pymalloc_allocator {
    void *context;
    void *(*malloc)(void *context, size_t size);
    void *(*calloc)(void *context, size_t count, size_t size);
    void *(*realloc)(void *context, void *block, size_t size);
    void (*free)(void *context, void *block);
};

/* Where arenas come from. `take` returns `size` bytes (the preset's
 * arena_bytes) that nobody else uses, aligned to 16 at least, or NULL: the
 * request is then served raw. `give` gets back what `take` returned. */
struct pymalloc_provider {
    void *context;
    void *(*take)(void *context, size_t size);
    void (*give)(void *context, void *arena, size_t size);
};

/* Zeroed, this asks for the preset 3.10 on the system's memory. */
struct pymalloc_options {
    const char *preset; /* a name of the table; NULL: "3.10" */
    enum pymalloc_release release;
    enum pymalloc_base base; /* of no meaning with a provider of one's own */
    const struct pymalloc_provider *provider; /* NULL: the system, copied */
    const struct pymalloc_allocator *raw;     /* NULL: libc's, copied */
};

/* The presets, oldest Python first; NULL past the last. Static. */
PYMALLOC_API const struct pymalloc_preset *pymalloc_preset(size_t index);

/* A new instance, which the caller ends with pymalloc_destroy; or NULL, and
 * `reason` (of `reason_bytes`; always ended by a null character) says in one
 * line why. What `options` points to is copied. */
PYMALLOC_API struct pymalloc *
pymalloc_create(const struct pymalloc_options *options, char *reason,
                size_t reason_bytes);

/* Ends an instance and gives every arena back; its blocks are gone. Raw
 * blocks live on. NULL: nothing. */
PYMALLOC_API void pymalloc_destroy(struct pymalloc *heap);

/* The preset an instance was made of. Static. */
PYMALLOC_API const struct pymalloc_preset *
pymalloc_preset_of(const struct pymalloc *heap);

/* The calls of an instance, valid until pymalloc_destroy. Blocks of any other
 * allocator may be passed to realloc and free: they go to raw. */
PYMALLOC_API struct pymalloc_allocator
pymalloc_calls(const struct pymalloc *heap);

/* ---- calls in malloc's shape -------------------------------------------- */

/* Makes `heap` the instance of the four functions below; NULL: none, and
 * calling them is an error. As PyObject_Malloc does, they cost one indirect
 * call through {function, context}. */
PYMALLOC_API void pymalloc_use(const struct pymalloc *heap);

/* The contracts of malloc, calloc, realloc and free. */
PYMALLOC_API void *object_malloc(size_t size);
PYMALLOC_API void *object_calloc(size_t count, size_t size);
PYMALLOC_API void *object_realloc(void *block, size_t size);
PYMALLOC_API void object_free(void *block);

/* ---- statistics --------------------------------------------------------- */

/* One size class, over the pools that hold at least one live block. */
struct pymalloc_class_statistics {
    size_t block_bytes;
    size_t pools;
    size_t blocks_in_use;
    size_t blocks_available;
};

/* The account that CPython's own report (_PyObject_DebugMallocStats) gives,
 * with its names. Invariant: the six bytes_ fields add up to
 * arenas_current * arena_bytes. */
struct pymalloc_statistics {
    struct pymalloc_class_statistics classes[PYMALLOC_CLASSES_MAX];
    size_t class_count;

    size_t arenas_allocated_total; /* since the instance was made */
    size_t arenas_reclaimed;       /* given back since then */
    size_t arenas_highwater;       /* most at one time */
    size_t arenas_current;
    size_t arena_bytes; /* of one arena */

    size_t bytes_allocated_blocks;
    size_t bytes_available_blocks;
    size_t bytes_unused_pools; /* free pools and what was never carved */
    size_t bytes_pool_headers;
    size_t bytes_quantization;    /* behind the last block of a pool */
    size_t bytes_arena_alignment; /* before the first, behind the last pool */

    /* Raw blocks handed out less raw blocks freed here; negative when blocks
     * of another allocator were freed here. */
    ptrdiff_t raw_blocks;
    size_t radix_nodes; /* 0 before 3.10 */
    size_t radix_bytes;
    /* Arenas that the search for an arena's new place in usable_arenas went
     * past: linear before 3.8, none since. */
    uint64_t scan_steps;
};

/* Counts by walking the pool headers of every arena; allocates nothing. */
PYMALLOC_API void pymalloc_statistics(const struct pymalloc *heap,
                                      struct pymalloc_statistics *statistics);

#endif
