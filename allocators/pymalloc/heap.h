/* What an instance holds, and the layers below the calls.
 *
 * Invariants:
 *  - A pool with some but not all of its blocks live is in the ring
 *    usedpools[its class] and in no other list; its free list is not empty.
 *  - A full pool is in no list; its free list is empty.
 *  - A pool without live blocks is in a list `freepools`, and keeps its class
 *    and its free list.
 *  - An arena with a free or never carved pool is in usable_arenas (2.3: the
 *    newest arena, while some of it was never carved). An arena object
 *    without an arena has base 0 and is in unused_arenas.
 *
 * Only core.h, which is compiled once per preset, runs on every call. What is
 * declared here runs when a pool empties or is needed.
 */
#ifndef PYMALLOC_HEAP_H
#define PYMALLOC_HEAP_H

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
    struct pool_link link; /* in usedpools; in freepools `next` alone */
    struct block *free;    /* NULL: the pool is full */
    uint32_t live_count;   /* blocks handed out */
    uint32_t arena_index;  /* in heap->arenas */
    uint32_t size_class;   /* NO_SIZE_CLASS: just carved */
    uint32_t fresh;        /* offset of the first block never handed out */
    uint32_t fresh_max;    /* the greatest offset `fresh` may have */
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
};

extern const struct arena_order order_newest; /* 2.3 */
extern const struct arena_order order_scan;   /* 2.5 to 3.7 */
extern const struct arena_order order_table;  /* since 3.8 */

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
    preset_3_8, preset_3_9, preset_3_10;

/* All of them, oldest Python first; ends in NULL. */
extern const struct preset *const presets[];

/* Where a system provider puts the arenas. */
struct placement {
    size_t pool_bytes;
    size_t offset_bytes; /* base mod pool_bytes */
};

struct address_map; /* of the radix tree */

struct pymalloc {
    struct address_map *addresses; /* NULL with the arena index */
    struct arena *arenas;          /* vector, from raw */
    uint32_t arena_slots;          /* its length */

    struct arena *usable_arenas; /* most used first, see order.c */
    struct arena *unused_arenas; /* LIFO */
    struct pool *freepools;      /* LIFO of all arenas: 2.3 alone */
    struct arena **last;         /* order_table's: see order.c */
    enum pymalloc_release release;
    const struct arena_order *order;
    const struct preset *preset;

    struct pymalloc_provider provider;
    struct placement placement;
    struct pymalloc_allocator raw;

    size_t arenas_allocated_total;
    size_t arenas_reclaimed;
    size_t arenas_highwater;
    ptrdiff_t raw_blocks;
    size_t radix_nodes;
    size_t radix_bytes;
    uint64_t scan_steps;

    struct pool_link usedpools[]; /* rings, one per size class */
};

/* ---- arena.c ------------------------------------------------------------ */

/* A new arena, all its pools uncarved, in no list; NULL: none to be had. */
struct arena *arena_take(struct pymalloc *heap);

/* Gives an arena that is in no list back to the provider. */
void arena_give(struct pymalloc *heap, struct arena *arena);

/* The next pool of an arena that was never carved; the header says so. */
struct pool *arena_carve(struct pymalloc *heap, struct arena *arena);

/* The first pool of an arena: its base rounded up to a pool boundary. */
uintptr_t arena_first_pool(const struct pymalloc *heap,
                           const struct arena *arena);

/* ---- provider.c --------------------------------------------------------- */

/* Fills heap->provider and heap->placement with the system's memory; NULL, or
 * why that cannot be. */
const char *provider_of_system(struct pymalloc *heap, enum pymalloc_base base);

/* ---- raw.c -------------------------------------------------------------- */

extern const struct pymalloc_allocator libc_allocator;

/* What pymalloc does not serve. A size of 0 asks for 1. */
void *raw_malloc(struct pymalloc *heap, size_t size);
void *raw_calloc(struct pymalloc *heap, size_t count, size_t size);
void *raw_realloc(struct pymalloc *heap, void *block, size_t size);
void raw_free(struct pymalloc *heap, void *block);

#endif
