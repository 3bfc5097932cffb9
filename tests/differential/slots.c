/* Arenas at chosen places, for both sides of a twin. */
#include "slots.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

/* The largest pool: slots are alike for every pool size. */
#define BOUNDARY_BYTES ((size_t)16384)

/* From slot to slot: room for the arena wherever it begins. */
static size_t stride(const struct slots *slots)
{
    return slots->arena_bytes + BOUNDARY_BYTES;
}

static char *slot_base(const struct slots *slots, uint32_t slot)
{
    return slots->region + slot * stride(slots) + slots->misalignment;
}

bool slots_open(struct slots *slots, size_t arena_bytes, size_t misalignment)
{
    assert(misalignment < BOUNDARY_BYTES);
    *slots = (struct slots){.arena_bytes = arena_bytes,
                            .misalignment = misalignment};
    const size_t bytes = SLOT_COUNT * stride(slots) + BOUNDARY_BYTES;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        return false;
    }
    const uintptr_t boundary = ((uintptr_t)memory + BOUNDARY_BYTES - 1) &
                               ~(uintptr_t)(BOUNDARY_BYTES - 1);
    slots->region = (char *)boundary;
    return true;
}

static void log_event(struct slots *slots, bool given, uint32_t slot)
{
    if (slots->event_count == EVENTS_PER_CALL) {
        (void)fprintf(stderr, "more than %d arenas came and went in a call\n",
                      EVENTS_PER_CALL);
        abort();
    }
    slots->events[slots->event_count++] = (struct slot_event){given, slot};
}

static uint32_t lowest_free(const struct slots *slots)
{
    for (uint32_t slot = 0; slot < SLOT_COUNT; slot++) {
        if (!slots->taken[slot]) {
            return slot;
        }
    }
    return NO_SLOT;
}

void *slots_take(void *context, size_t size)
{
    struct slots *slots = context;
    if (size != slots->arena_bytes) {
        return malloc(size); /* libpython's interpreter stack is no arena */
    }
    slots->requests++;
    const bool refused =
        slots->refuse_every != 0 && slots->requests % slots->refuse_every == 0;
    const uint32_t slot = refused ? NO_SLOT : lowest_free(slots);
    log_event(slots, false, slot);
    if (slot == NO_SLOT) {
        return NULL;
    }
    slots->taken[slot] = true;
    slots->taken_total++;
    return slot_base(slots, slot);
}

void slots_give(void *context, void *arena, size_t size)
{
    struct slots *slots = context;
    if (size != slots->arena_bytes) {
        free(arena);
        return;
    }
    const struct place place = slots_place(slots, arena);
    log_event(slots, true, place.slot);
    if (place.slot == NO_SLOT || place.offset != 0 ||
        !slots->taken[place.slot]) {
        (void)fprintf(stderr, "an arena was given back that was not taken\n");
        abort();
    }
    slots->taken[place.slot] = false;
    slots->given_total++;
    /* As after munmap: whatever stood there is gone. */
    const uintptr_t first = ((uintptr_t)arena + 4095) & ~(uintptr_t)4095;
    (void)madvise((void *)first, size - 4096, MADV_DONTNEED);
}

struct place slots_place(const struct slots *slots, const void *block)
{
    const struct place nowhere = {NO_SLOT, 0};
    const uintptr_t first = (uintptr_t)slot_base(slots, 0);
    const uintptr_t distance = (uintptr_t)block - first;
    const size_t slot = distance / stride(slots);
    const size_t offset = distance % stride(slots);
    if ((uintptr_t)block < first || slot >= SLOT_COUNT ||
        offset >= slots->arena_bytes) {
        return nowhere;
    }
    return (struct place){(uint32_t)slot, (uint32_t)offset};
}
