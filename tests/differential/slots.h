/* Arenas at chosen places, for both sides of a twin.
 *
 * A side has numbered slots; the lowest free one is taken, every slot begins
 * `misalignment` bytes after a pool boundary. Places are told by slot and
 * offset, so two sides can be compared without comparing addresses.
 */
#ifndef GIVEBACK_DIFFERENTIAL_SLOTS_H
#define GIVEBACK_DIFFERENTIAL_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLOT_COUNT      1024
#define EVENTS_PER_CALL 8

/* An arena that was taken or given back. */
struct slot_event {
    bool given;
    uint32_t slot; /* NO_SLOT: refused */
};

#define NO_SLOT UINT32_MAX

struct slots {
    char *region;          /* reserved address space; ends with the process */
    size_t arena_bytes;    /* of an arena; other sizes are not arenas */
    size_t misalignment;   /* base mod the pool size */
    unsigned refuse_every; /* refuses each such request; 0: none */
    unsigned requests;
    bool taken[SLOT_COUNT];
    struct slot_event events[EVENTS_PER_CALL]; /* of the current call */
    size_t event_count;
    uint64_t taken_total, given_total;
};

/* A block's place: its slot and the offset in it, or neither. */
struct place {
    uint32_t slot; /* NO_SLOT: not in an arena */
    uint32_t offset;
};

/* Reserves the address space; false when the system has no more. */
bool slots_open(struct slots *slots, size_t arena_bytes, size_t misalignment);

/* The context is a struct slots. NULL: refused, or no slot is free. */
void *slots_take(void *context, size_t size);
void slots_give(void *context, void *arena, size_t size);

/* Where a block is. */
struct place slots_place(const struct slots *slots, const void *block);

#endif
