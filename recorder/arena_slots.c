/* Arenas at chosen places. */
#include "arena_slots.h"

#include <sys/mman.h>

enum { WORD_BITS = 64, SLOTS_MIN = 64 };

/* The largest pool: slots are alike for every pool size. */
#define BOUNDARY_BYTES ((size_t)16384)

#define RESERVED (MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)

bool arena_slots_open(struct arena_slots *slots, size_t arena_bytes,
                      size_t misalignment)
{
    *slots = (struct arena_slots){
        .arena_bytes = arena_bytes,
        .misalignment = misalignment,
        .stride = arena_bytes + BOUNDARY_BYTES,
    };
    for (slots->count = PYTHON_TRACE_SLOTS_MAX; slots->count >= SLOTS_MIN;
         slots->count /= 2) {
        const size_t bytes = slots->count * slots->stride;
        char *memory =
            mmap(NULL, bytes + BOUNDARY_BYTES, PROT_NONE, RESERVED, -1, 0);
        if (memory != MAP_FAILED) {
            const size_t ahead = -(uintptr_t)memory & (BOUNDARY_BYTES - 1);
            (void)munmap(memory, ahead);
            (void)munmap(memory + ahead + bytes, BOUNDARY_BYTES - ahead);
            slots->region = memory + ahead;
            return true;
        }
    }
    return false;
}

void arena_slots_close(struct arena_slots *slots)
{
    (void)munmap(slots->region, slots->count * slots->stride);
}

static uint32_t lowest_free(const struct arena_slots *slots)
{
    for (uint32_t i = 0; i < slots->count / WORD_BITS; i++) {
        if (~slots->taken[i] != 0) {
            return i * WORD_BITS + (uint32_t)__builtin_ctzll(~slots->taken[i]);
        }
    }
    return PYTHON_TRACE_NO_SLOT;
}

uint32_t arena_slots_take(struct arena_slots *slots, void **arena)
{
    const uint32_t slot = lowest_free(slots);
    if (slot == PYTHON_TRACE_NO_SLOT) {
        return slot;
    }
    char *start = slots->region + slot * slots->stride;
    if (mprotect(start, slots->stride, PROT_READ | PROT_WRITE) != 0) {
        return PYTHON_TRACE_NO_SLOT;
    }
    slots->taken[slot / WORD_BITS] |= UINT64_C(1) << slot % WORD_BITS;
    *arena = start + slots->misalignment;
    return slot;
}

uint32_t arena_slots_give(struct arena_slots *slots, const void *arena)
{
    uint64_t offset;
    const uint32_t slot = arena_slots_place(slots, arena, &offset);
    const uint64_t bit = UINT64_C(1) << slot % WORD_BITS;
    if (slot == PYTHON_TRACE_NO_SLOT || offset != 0 ||
        !(slots->taken[slot / WORD_BITS] & bit)) {
        return PYTHON_TRACE_NO_SLOT;
    }
    slots->taken[slot / WORD_BITS] &= ~bit;
    /* A fresh mapping in its place, as after munmap: whoever still reads
     * there finds out. It cannot fail for want of memory. */
    (void)mmap(slots->region + slot * slots->stride, slots->stride, PROT_NONE,
               RESERVED | MAP_FIXED, -1, 0);
    return slot;
}
