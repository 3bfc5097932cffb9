/* What an instance holds, and the layers below the calls.
 *
 * Invariants:
 *  - A pool with some but not all of its blocks live is in the ring
 *    usedpools[its class] and in no other list; its free list is not empty.
 *  - A full pool is in no list; its free list is empty.
 *  - A pool without live blocks is in a list `freepools`, and keeps its class
 *    and its free list; or it was purged, its header too: then it is in no
 *    list, a bit of heap->purged tells, and it is carved anew.
 *  - An arena with a free or never carved pool is in usable_arenas (2.3: the
 *    newest arena, while some of it was never carved). An arena object
 *    without an arena has base 0 and is in unused_arenas.
 *
 * Only core.h, which is compiled once per preset, runs on every call. What is
 * declared here runs when a pool empties or is needed.
 */
#ifndef PYMALLOC_HEAP_H
#define PYMALLOC_HEAP_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pymalloc.h"

/* A free block: its first word links to the next one. */
struct block {
    struct block *next;
};

/* First in a pool; the head of a ring has nothing else. */
struct pool_link {
    struct pool_link *next, *prev;
};

/* The header of a pool, at its POOL_SIZE-aligned beginning. */
struct pool {
    union {
        struct pool_link link; /* in usedpools */
        struct {               /* in freepools */
            struct pool *next_free;
            uint64_t freed_ns; /* RELEASE_DELAYED alone */
        };
    };
    struct block *free;   /* NULL: the pool is full */
    uint32_t live_count;  /* blocks handed out */
    uint32_t arena_index; /* in heap->arenas */
    uint32_t size_class;  /* NO_SIZE_CLASS: just carved */
    uint32_t fresh;       /* offset of the first block never handed out */
    uint32_t fresh_max;   /* the greatest offset `fresh` may have */
};

_Static_assert(sizeof(struct pool) == 48, "48 bytes on 64-bit CPython");

#define NO_SIZE_CLASS UINT32_MAX

struct arena {
    uintptr_t base;         /* what the provider gave; 0: none */
    uintptr_t pool_address; /* the next pool to carve */
    struct pool *freepools; /* LIFO */
    struct arena *next;     /* in usable_arenas or unused_arenas */
    struct arena *prev;     /* in usable_arenas */
    uint32_t nfreepools;    /* in freepools or never carved */
    uint32_t ntotalpools;
};

/* Which arena serves the next pool, and what happens to an empty pool. */
struct arena_order {
    /* An empty pool, out of every list; NULL when no arena is to be had. */
    struct pool *(*take_pool)(struct pymalloc *heap);
    /* Takes back a pool whose last block was freed. */
    void (*give_pool)(struct pymalloc *heap, struct pool *pool);
    bool knows_empty_arenas; /* else no arena can be given back */
    /* A wholly free arena is always last in usable_arenas. */
    bool keeps_empty_last;
};

extern const struct arena_order order_newest;    /* 2.3 */
extern const struct arena_order order_scan;      /* 2.5 to 3.7 */
extern const struct arena_order order_table;     /* since 3.8 */
extern const struct arena_order order_lifo;      /* what no CPython does */
extern const struct arena_order order_most_free; /* nor this */

/* How "is this block ours?" is told of an address. */
struct address_test {
    bool (*open)(struct pymalloc *heap);  /* false: no memory */
    void (*close)(struct pymalloc *heap); /* frees what open and add took */
    bool (*add)(struct pymalloc *heap, uintptr_t base); /* false: no memory */
    void (*remove)(struct pymalloc *heap, uintptr_t base);
};

/* A preset with its instantiation of core.h. */
struct preset {
    struct pymalloc_preset described;
    const struct arena_order *order;
    const struct address_test *addresses;
    struct pymalloc_allocator calls; /* the context is the instance */
};

extern const struct preset preset_2_3, preset_2_5, preset_2_7, preset_2_7_17,
    preset_3_8, preset_3_9, preset_3_10, preset_3_15, preset_3_15_huge;

/* All of them, oldest Python first; ends in NULL. */
extern const struct preset *const presets[];

/* Instantiations for sizes that are fields; nothing is described. */
extern const struct preset fields_index, fields_radix;

/* The sizes again, as fields.h wants them. */
struct fields {
    unsigned alignment_shift, pool_bits, arena_bits;
    size_t threshold_bytes;
};

/* Where a system provider puts the arenas, and the mapping it takes them from
 * (the backing `region` alone). */
struct placement {
    size_t boundary_bytes; /* a power of two, a pool at least */
    size_t offset_bytes;   /* base mod boundary_bytes */
    char *region;
    size_t arena_bytes; /* from place to place in the region */
    uint64_t *taken;    /* bit per place */
    size_t first_free;  /* no place below is free */
};

struct address_map; /* of the radix tree */

struct pymalloc {
    struct address_map *addresses; /* NULL with the arena index */
    struct arena *arenas;          /* vector, from raw */
    uint32_t arena_slots;          /* its length */
    struct fields fields;

    struct arena *usable_arenas; /* see usable_arenas.h */
    struct arena *unused_arenas; /* LIFO */
    struct pool *freepools;      /* LIFO of all arenas: 2.3 alone */
    struct arena **last;         /* order_table's: see order_table.c */
    const struct arena_order *order;
    enum pymalloc_release release;
    size_t keep_arenas;   /* RELEASE_KEEP_K */
    size_t empty_arenas;  /* in usable_arenas, with all pools free */
    struct preset preset; /* with what the options changed */

    uint64_t delay_ns;      /* RELEASE_DELAYED */
    uint64_t next_sweep_ns; /* CLOCK_MONOTONIC: see purge.c */
    uint64_t *purged;       /* see purge.c; NULL: the release purges nothing */

    struct pymalloc_provider provider;
    struct placement placement;
    struct pymalloc_allocator raw;
    struct pymalloc_event_log *log; /* NULL: none */
    size_t arenas_max;              /* by the memory limit; SIZE_MAX: none */

    size_t arenas_allocated_total;
    size_t arenas_reclaimed;
    size_t arenas_highwater;
    ptrdiff_t raw_blocks;
    size_t radix_nodes;
    size_t radix_bytes;
    uintptr_t radix_lowest, radix_highest; /* addresses that have a cell */
    uint64_t scan_steps;
    uint64_t pools_purged;

    bool locked; /* whether the calls hold the lock: see lock.c */
    pthread_mutex_t lock;

    struct pool_link usedpools[]; /* rings, one per size class */
};

/* ---- arena.c ------------------------------------------------------------ */

/* A new arena, all its pools uncarved, in no list; NULL: none to be had. */
struct arena *arena_take(struct pymalloc *heap);

/* Gives an arena that is in no list back to the provider. */
void arena_give(struct pymalloc *heap, struct arena *arena);

/* The next pool of an arena that was never carved; the header says so. */
struct pool *arena_carve(struct pymalloc *heap, struct arena *arena);

/* Makes a pool's header that of a pool just carved. */
struct pool *pool_made(struct pymalloc *heap, const struct arena *arena,
                       uintptr_t address);

/* The first pool of an arena: its base rounded up to a pool boundary. */
uintptr_t arena_first_pool(const struct pymalloc *heap,
                           const struct arena *arena);

/* Pools of an arena whose base is a pool boundary. */
uint32_t arena_pools_max(const struct pymalloc *heap);

/* ---- purge.c ------------------------------------------------------------ */

/* Makes heap->purged fit `slots` arenas of which `old_slots` were there;
 * false: no memory. Does nothing where the release purges nothing. */
bool purged_grow(struct pymalloc *heap, uint32_t old_slots, uint32_t slots);

/* Whether a pool was purged and not carved since. */
bool purged_has(const struct pymalloc *heap, const struct arena *arena,
                uintptr_t pool);

/* The lowest purged pool of an arena, carved; NULL: there is none. */
struct pool *purged_take(struct pymalloc *heap, const struct arena *arena);

/* A pool became free: puts it into its arena's freepools or purges it, and
 * purges those that were free for long enough. */
void pool_freed(struct pymalloc *heap, struct arena *arena, struct pool *pool);

/* RELEASE_DELAYED: purges what was free for long enough, in all arenas. To be
 * called when a pool is needed, too. */
void purge_late(struct pymalloc *heap);

/* ---- provider.c, region.c ----------------------------------------------- */

/* Fills heap->provider and heap->placement with the system's memory, which
 * provider_close ends; NULL, or why that cannot be. */
const char *provider_of_system(struct pymalloc *heap, enum pymalloc_base base);
void provider_close(struct pymalloc *heap);

/* The provider of the backing `region`; the context is heap->placement. */
const char *region_open(struct placement *placement, size_t arena_bytes);
void region_close(struct placement *placement);
void *region_take(void *context, size_t size);
void region_give(void *context, void *arena, size_t size);

/* ---- events.c ----------------------------------------------------------- */

/* Writes into the log, if there is one. `arena` NULL: refused. */
void log_event(struct pymalloc *heap, enum pymalloc_event_kind kind,
               const struct arena *arena);

uint64_t now_ns(void); /* CLOCK_MONOTONIC */

/* ---- sizes.c ------------------------------------------------------------ */

/* Makes `preset` what the options say; NULL, or why that cannot be. `fields`
 * is filled too. */
const char *choose_sizes(struct preset *preset, struct fields *fields,
                         const struct pymalloc_options *options);

/* ---- lock.c ------------------------------------------------------------- */

/* The calls of heap->preset with the lock held. */
extern const struct pymalloc_allocator locked_calls;

/* Nothing unless the instance has a lock. */
void heap_lock(const struct pymalloc *heap);
void heap_unlock(const struct pymalloc *heap);

/* ---- raw.c -------------------------------------------------------------- */

extern const struct pymalloc_allocator libc_allocator;

/* What pymalloc does not serve. A size of 0 asks for 1. */
void *raw_malloc(struct pymalloc *heap, size_t size);
void *raw_calloc(struct pymalloc *heap, size_t count, size_t size);
void *raw_realloc(struct pymalloc *heap, void *block, size_t size);
void raw_free(struct pymalloc *heap, void *block);

#endif
