/* Rounds: many blocks are made, then all of them but 1 in `keep` released.
 *
 * Survivors are chosen at random from the seed and stay until the end, so
 * that every round leaves more of them. What a round makes and which of it
 * survives is decided between the phases, outside of their time.
 */
#ifndef GIVEBACK_SUPPORT_ROUNDS_H
#define GIVEBACK_SUPPORT_ROUNDS_H

#include "script.h"
#include "size_mix.h"

struct rounds {
    struct block_table table;
    struct script script; /* of the round under way: first what it makes, then
                         what it releases */
};

/* Scratch for up to `live_blocks` at a time; STATUS_FAILED, reason written,
 * where there is not enough. In `prepare`. */
enum status rounds_prepare(struct run *run, struct rounds *rounds,
                           uint64_t live_blocks);

/* Makes blocks until `live_blocks` are live, in free slots from the first on,
 * and ends the phase. */
enum status rounds_rise(struct run *run, struct rounds *rounds,
                        const struct allocator_calls *heap, size_t live_blocks,
                        const struct size_range *mix, const char *phase_name);

/* Releases, in the order of their making, what the last rise made but for
 * one in `keep`, and ends the phase. */
enum status rounds_drop(struct run *run, struct rounds *rounds,
                        const struct allocator_calls *heap, uint64_t keep,
                        const char *phase_name);

#endif
