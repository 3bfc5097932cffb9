/* Arenas at chosen places: numbered slots in one reserved range of addresses.
 *
 * The lowest free slot is taken; every arena begins `misalignment` bytes
 * behind a pool boundary. So a place is told by slot and offset, and two
 * processes can be compared without comparing addresses. A slot that is free
 * has no memory and cannot be read.
 */
#ifndef GIVEBACK_RECORDER_ARENA_SLOTS_H
#define GIVEBACK_RECORDER_ARENA_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/python_trace.h"

struct arena_slots {
    char *region; /* of `count` slots, `stride` bytes each */
    size_t arena_bytes, misalignment, stride;
    uint32_t count;
    uint64_t taken[PYTHON_TRACE_SLOTS_MAX / 64]; /* a bit each */
};

/* Reserves addresses for as many slots as the system gives, 65,536 at most;
 * false when it gives not even 64. `misalignment` is below 16 KiB, the
 * largest pool. */
bool arena_slots_open(struct arena_slots *slots, size_t arena_bytes,
                      size_t misalignment);

void arena_slots_close(struct arena_slots *slots);

/* The slot that was taken, its memory in *arena; NO_SLOT when none is free
 * or there is no memory. */
uint32_t arena_slots_take(struct arena_slots *slots, void **arena);

/* The slot that an arena stood at and that is free now; NO_SLOT when no taken
 * slot's arena begins there. */
uint32_t arena_slots_give(struct arena_slots *slots, const void *arena);

/* The slot whose arena a block lies in, NO_SLOT for none; *offset counts from
 * the arena's beginning. */
static inline uint32_t arena_slots_place(const struct arena_slots *slots,
                                         const void *block, uint64_t *offset)
{
    const uintptr_t first = (uintptr_t)slots->region + slots->misalignment;
    const uintptr_t distance = (uintptr_t)block - first;
    const uint64_t slot = distance / slots->stride;
    *offset = distance % slots->stride;
    return (uintptr_t)block >= first && slot < slots->count &&
                   *offset < slots->arena_bytes
               ? (uint32_t)slot
               : PYTHON_TRACE_NO_SLOT;
}

#endif
