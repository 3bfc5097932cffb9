/* A shadow model of pymalloc: its rules over arrays and linear searches,
 * written from their description and not from the library.
 *
 * The model holds no memory: it says where each block has to be, which arenas
 * come and go, and what the statistics have to be.
 */
#ifndef GIVEBACK_FUZZ_PYMALLOC_MODEL_H
#define GIVEBACK_FUZZ_PYMALLOC_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MODEL_SLOTS = 48,    /* places for arenas; the lowest free is taken */
    MODEL_POOLS = 128,   /* of an arena */
    MODEL_BLOCKS = 2048, /* of a pool */
    MODEL_CLASSES = 64,  /* of an instance */
    MODEL_EVENTS = 16,   /* of one call */
    MODEL_VECTOR = 16,   /* arena objects at first; then they double */
    MODEL_NO_CLASS = UINT16_MAX,
};

enum model_order { MODEL_NEWEST, MODEL_FEWEST, MODEL_LIFO, MODEL_MOST };

enum model_release {
    MODEL_NEVER,
    MODEL_EMPTY,
    MODEL_KEEP_LAST, /* unless it is last in the order */
    MODEL_KEEP,      /* unless it is one of `keep` */
    MODEL_PURGE,     /* pools, at once */
};

struct model_rules {
    size_t alignment, threshold, pool, arena, header; /* bytes */
    size_t pools;                                     /* of an arena */
    enum model_order order;
    bool counts_steps; /* of the search for an arena's place */
    enum model_release release;
    size_t keep;
    size_t arenas_max;
    bool needs_nodes; /* memory for the first arena's address */
};

/* In the order of pymalloc_event_kind. */
enum model_event_kind {
    MODEL_TAKE,
    MODEL_REFUSE,
    MODEL_GIVE,
    MODEL_PURGE_POOL,
};

/* What a provider is asked for, or what the log gets of it. */
struct model_event {
    enum model_event_kind kind;
    uint32_t where; /* slot; in the log: arena object; UINT32_MAX: refused */
    uint32_t pool;  /* MODEL_PURGE_POOL of a provider: its number; else 0 */
};

/* Those of the call at hand. */
struct model_events {
    struct model_event items[MODEL_EVENTS];
    uint32_t count;
};

struct model_pool {
    uint16_t size_class; /* MODEL_NO_CLASS: opened by none so far */
    uint16_t live;
    uint16_t free_count;
    uint16_t free[MODEL_BLOCKS]; /* offsets; the last is handed out first */
    uint32_t fresh, fresh_max;
};

struct model_arena {
    uint32_t slot;
    uint32_t carved; /* pools */
    uint32_t nfree;
    uint8_t freepools[MODEL_POOLS]; /* the last is opened first */
    uint32_t freepool_count;
    bool purged[MODEL_POOLS];
    struct model_pool pools[MODEL_POOLS];
};

/* Where a block is. */
struct model_place {
    bool is_raw;
    uint8_t arena; /* in the vector */
    uint8_t pool;
    uint16_t offset; /* in the pool */
};

struct model {
    struct model_rules rules;
    unsigned refuse_every; /* the provider, of its requests; 0: none */
    unsigned requests;
    bool raw_fails;

    struct model_arena arenas[MODEL_SLOTS];
    bool is_used[MODEL_SLOTS];  /* by arena */
    bool is_taken[MODEL_SLOTS]; /* by slot */
    uint32_t vector;            /* arena objects there are */
    uint8_t usable[MODEL_SLOTS];
    uint32_t usable_count;
    uint8_t unused[2 * MODEL_SLOTS]; /* the last is taken first */
    uint32_t unused_count;
    uint16_t free_pools[MODEL_SLOTS * MODEL_POOLS]; /* of 2.3 */
    uint32_t free_pool_count;
    /* By class, the pools with some but not all blocks live, each its arena *
     * MODEL_POOLS + its number; the last serves. */
    uint16_t rings[MODEL_CLASSES][MODEL_SLOTS * MODEL_POOLS];
    uint32_t ring_counts[MODEL_CLASSES];
    bool has_nodes;

    struct model_events asked, logged;

    uint64_t taken, given, highwater, steps, purges;
    size_t raw_blocks;
};

/* An instance without arenas. */
void model_begin(struct model *model, const struct model_rules *rules);

/* The calls. False: no memory, and nothing changed but what failed. `place`
 * is where the block has to be; model_realloc changes it. */
bool model_malloc(struct model *model, size_t size, struct model_place *place);
bool model_realloc(struct model *model, size_t size,
                   struct model_place *place);
void model_free(struct model *model, const struct model_place *place);

/* Bytes of a block of ours. */
size_t model_block_bytes(const struct model *model,
                         const struct model_place *place);

#endif
