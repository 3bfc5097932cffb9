/* What stands under an instance in the fuzz target: arenas at fixed places,
 * and raw memory. Both are reused from run to run, for mapping takes longer
 * than a whole run; both end the program where a contract is broken.
 */
#ifndef GIVEBACK_FUZZ_PYMALLOC_WORLD_H
#define GIVEBACK_FUZZ_PYMALLOC_WORLD_H

#include "pymalloc.h"
#include "pymalloc_model.h"

struct world {
    size_t arena, pool, offset, stride; /* bytes; base mod pool == offset */
    uint8_t filler;   /* stands at the head of every pool of a new arena */
    bool purge_keeps; /* what was purged reads as it was, else as zeros */
    unsigned refuse_every, requests;
    bool raw_fails;
    struct model_events asked; /* of the provider, in the call at hand */
    bool is_taken[MODEL_SLOTS];
    size_t taken;
    size_t raw_live; /* blocks, the instance's own too */
};

/* There is one, for there is one memory. */
extern struct world world;

/* Nothing is taken; the sizes are those of the instance to come, the stride
 * at least an arena and a pool. */
void world_begin(size_t arena, size_t pool, size_t offset);

/* Of the instance to come. */
struct pymalloc_provider world_provider(void);
struct pymalloc_allocator world_raw(void);

/* Where the arena in a slot begins. */
char *world_base(uint32_t slot);

/* Whether an address lies where the arenas are. */
bool world_has(const void *address);

#endif
