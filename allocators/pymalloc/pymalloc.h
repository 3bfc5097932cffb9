/* pymalloc: CPython's small-object allocator, as a library of its own.
 *
 * It answers the same sequence of requests as the CPython of a preset does:
 * the same block (arena and offset) for every call, and the same arena taken
 * and given back at the same call. Several instances live side by side in one
 * process. An instance is not thread safe unless it was made with a lock:
 * CPython holds its own around it.
 *
 * The terms are CPython's. A *block* serves one request. A *pool* is
 * POOL_SIZE bytes of blocks of one size class. An *arena* is ARENA_SIZE bytes
 * of pools; arenas are what is taken from the system and given back to it.
 * *Raw* is the allocator below, which serves what pymalloc does not.
 */
#ifndef PYMALLOC_H
#define PYMALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PYMALLOC_API __attribute__((visibility("default")))

/* No instance has more size classes; a preset has at most 64. */
#define PYMALLOC_CLASSES_MAX 512

struct pymalloc; /* an instance */

/* ---- what an instance is made of ---------------------------------------- */

/* What becomes of memory when its last block is freed. */
enum pymalloc_release {
    PYMALLOC_RELEASE_PRESET,   /* as the preset's Python does */
    PYMALLOC_RELEASE_NEVER,    /* arenas stay until pymalloc_destroy */
    PYMALLOC_RELEASE_EMPTY,    /* an arena goes when all its pools are free */
    PYMALLOC_RELEASE_KEEP_ONE, /* then too, unless it is the last of
                                  usable_arenas */
    PYMALLOC_RELEASE_KEEP_K,   /* then too, unless fewer than keep_arenas
                                  others stay with all their pools free */
    /* What no CPython does: arenas stay, and the pages of a pool without
     * blocks are purged, at once ... */
    PYMALLOC_RELEASE_MADVISE,
    /* ... or when it has been free for delay_ns, at the next pool that
     * empties or is needed: there is no thread to wait for it. */
    PYMALLOC_RELEASE_DELAYED,
};

/* Which arena with a free pool serves the next one. */
enum pymalloc_arena_order {
    PYMALLOC_ORDER_PRESET,
    PYMALLOC_ORDER_FEWEST_FREE, /* Python since 2.5 */
    PYMALLOC_ORDER_LIFO,        /* the one that last became usable */
    PYMALLOC_ORDER_MOST_FREE,
};

/* What arenas are made of, of a system provider. */
enum pymalloc_backing {
    PYMALLOC_BACKING_PRESET,
    PYMALLOC_BACKING_MMAP,   /* a mapping each, munmap gives it back */
    PYMALLOC_BACKING_MALLOC, /* libc's malloc and free */
    PYMALLOC_BACKING_REGION, /* lowest free place of one mapping of 8 GiB;
                                given back by MADV_DONTNEED */
    PYMALLOC_BACKING_HUGE,   /* as mmap, with MADV_HUGEPAGE */
};

/* Where arenas begin, of a system provider. An arena that does not begin at
 * a pool boundary loses one pool. */
enum pymalloc_base {
    PYMALLOC_BASE_ALIGNED,    /* at a multiple of their size; from malloc: of a
                                 pool's */
    PYMALLOC_BASE_MISALIGNED, /* 4096 bytes behind that (pools must be larger
                                 than a page); from malloc: 16 */
    PYMALLOC_BASE_NATURAL,    /* wherever mmap or malloc puts them */
};

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
    enum pymalloc_release release;   /* what the preset's Python does */
    enum pymalloc_arena_order order; /* PRESET: 2.3's, which has no name */
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

/* Where arenas come from. `take` returns `size` bytes (the instance's
 * arena_bytes) that nobody else uses, aligned to 16 at least, or NULL: the
 * request is then served raw. `give` gets back what `take` returned. `purge`
 * gets whole pages of an arena that is kept: their contents may go, and they
 * read as zeros or as they were; only RELEASE_MADVISE and RELEASE_DELAYED call
 * it, and need it. */
struct pymalloc_provider {
    void *context;
    void *(*take)(void *context, size_t size);
    void (*give)(void *context, void *arena, size_t size);
    void (*purge)(void *context, void *pages, size_t size);
};

/* What a provider was asked for. */
enum pymalloc_event_kind {
    PYMALLOC_ARENA_TAKEN,
    PYMALLOC_ARENA_REFUSED, /* by the provider or by the memory limit */
    PYMALLOC_ARENA_GIVEN,
    PYMALLOC_POOL_PURGED,
};

struct pymalloc_event {
    uint64_t time_ns; /* CLOCK_MONOTONIC */
    enum pymalloc_event_kind kind;
    uint32_t arena; /* its index; UINT32_MAX: refused */
};

/* The last `capacity` events of an instance: number n (from 0) is
 * events[n % capacity]. The caller owns it, `events` too, and keeps it as long
 * as the instance. */
struct pymalloc_event_log {
    struct pymalloc_event *events;
    size_t capacity; /* more than 0 */
    uint64_t count;  /* since the instance was made */
};

/* Zeroed, this asks for the preset 3.10 on the system's memory. Sizes other
 * than the preset's make an instance whose sizes are fields instead of
 * constants: it answers as one of constants would, and slower. */
struct pymalloc_options {
    const char *preset; /* a name of the table; NULL: "3.10" */
    /* Powers of two (the threshold: a multiple of the alignment); 0: the
     * preset's. */
    size_t alignment_bytes, threshold_bytes, pool_bytes, arena_bytes;
    enum pymalloc_release release;
    size_t keep_arenas; /* RELEASE_KEEP_K alone, more than 0 */
    uint64_t delay_ns;  /* RELEASE_DELAYED alone */
    enum pymalloc_arena_order order;
    enum pymalloc_backing backing; /* this and */
    enum pymalloc_base base;       /* this: no meaning with a provider given */
    /* CPython's WITH_MEMORY_LIMITS with this SMALL_MEMORY_LIMIT (there 64
     * MiB): no more arenas at one time than fit; 0: no limit. */
    size_t memory_limit_bytes;
    const struct pymalloc_provider *provider; /* NULL: the system, copied */
    const struct pymalloc_allocator *raw;     /* NULL: libc's, copied */
    struct pymalloc_event_log *log;           /* NULL: none */
    /* The calls hold a lock, as the interpreter's own would be held: threads
     * may share the instance. */
    bool lock;
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

/* What an instance is: its preset with what the options changed. Valid until
 * pymalloc_destroy. */
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
    uint64_t pools_purged; /* since the instance was made */
};

/* Counts by walking the pool headers of every arena; allocates nothing. */
PYMALLOC_API void pymalloc_statistics(const struct pymalloc *heap,
                                      struct pymalloc_statistics *statistics);

/* ---- a snapshot ----------------------------------------------------------
 */

/* What pymalloc_inspect tells of a pool. */
enum pymalloc_pool_state {
    PYMALLOC_POOL_UNCARVED, /* never used, or purged */
    PYMALLOC_POOL_FREE,     /* no live block */
    PYMALLOC_POOL_USED,     /* some */
    PYMALLOC_POOL_FULL,
};

struct pymalloc_pool_view {
    enum pymalloc_pool_state state;
    uint32_t live_blocks, blocks; /* blocks: 0 unless used or full */
    uint32_t block_bytes;
};

struct pymalloc_arena_view {
    uint32_t index; /* stays the same while the arena does */
    uintptr_t base; /* what the provider gave */
    uint32_t pools; /* that fit */
    uint32_t free_pools;
};

/* Calls `arena` for every arena, lowest index first, and after each `pool`
 * for every pool of it, in order of address. Allocates nothing; neither may
 * call the instance. Either may be NULL. */
struct pymalloc_visitor {
    void *context;
    void (*arena)(void *context, const struct pymalloc_arena_view *arena);
    void (*pool)(void *context, const struct pymalloc_pool_view *pool);
};
PYMALLOC_API void pymalloc_inspect(const struct pymalloc *heap,
                                   const struct pymalloc_visitor *visitor);

#endif
