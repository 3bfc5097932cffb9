/* An allocator for tests: 64 slots of 64 KiB, the last one released is the
 * first one given; it logs, takes virtual time and misbehaves on request. */
#ifndef GIVEBACK_UNIT_SLOT_ALLOCATOR_H
#define GIVEBACK_UNIT_SLOT_ALLOCATOR_H

#include <stdint.h>
#include <string.h>

#include "allocator.h"
#include "virtual_meter.h"

enum { SLOT_COUNT = 64, SLOT_BYTES = 65536, SLOT_SIZES_LOGGED = 40000 };

/* How it may misbehave. */
enum slot_vice {
    SLOT_HONEST,
    SLOT_MISALIGNS,      /* by 4 bytes */
    SLOT_OVERLAPS,       /* hands out the middle of the last block */
    SLOT_REPEATS,        /* hands out the last block again */
    SLOT_FORGETS_ZEROES, /* alloc_zeroed gives what is there */
    SLOT_IGNORES_ALIGNMENT,
};

struct slot_allocator {
    enum slot_vice vice;
    uint64_t null_at; /* this allocation gives NULL; 0: none */
    uint64_t call_ns; /* virtual time per call */
    enum status attach_status;
    const char *version; /* to tell; NULL: none */
    const char *library; /* to claim; NULL: none */
    unsigned offered;    /* CAN_ bits of the optional calls */
    bool kept_settings;  /* attach was given its settings */

    uint64_t allocations, releases, purges;
    uint64_t sizes[SLOT_SIZES_LOGGED]; /* of the first allocations */
};

/* The one that `slot_allocator_plugin` works on; set before a run. */
static struct slot_allocator *slots;

static _Alignas(4096) char slot_memory[SLOT_COUNT][SLOT_BYTES];
static char *slot_free[SLOT_COUNT]; /* a stack, the next one on top */
static size_t slot_free_count;
static char *slot_last;

static inline void *slot_take(size_t size)
{
    slots->allocations++;
    virtual_spend(slots->call_ns);
    if (slots->allocations <= SLOT_SIZES_LOGGED) {
        slots->sizes[slots->allocations - 1] = size;
    }
    if (slots->allocations == slots->null_at || slot_free_count == 0 ||
        size > SLOT_BYTES) {
        return NULL;
    }
    if (slots->vice == SLOT_OVERLAPS && slot_last) {
        return slot_last + 16;
    }
    if (slots->vice == SLOT_REPEATS && slot_last) {
        return slot_last;
    }
    slot_last = slot_free[--slot_free_count];
    return slots->vice == SLOT_MISALIGNS ? slot_last + 4 : slot_last;
}

static inline void slot_release(void *block)
{
    slots->releases++;
    virtual_spend(slots->call_ns);
    if (slot_free_count < SLOT_COUNT) {
        slot_free[slot_free_count++] = block;
    }
}

static inline void *slot_alloc_zeroed(size_t count, size_t size)
{
    char *block = slot_take(count * size);
    if (block) {
        memset(block, 0, count * size);
        if (slots->vice == SLOT_FORGETS_ZEROES) {
            block[count * size - 1] = 1;
        }
    }
    return block;
}

static inline void *slot_resize(void *block, size_t size)
{
    void *moved = slot_take(size);
    if (moved && block) {
        memcpy(moved, block, size);
        slot_release(block);
    }
    return moved;
}

static inline void *slot_alloc_aligned(size_t alignment, size_t size)
{
    (void)alignment; /* slots lie on pages, and no test asks for more */
    char *block = slot_take(size);
    return block && slots->vice == SLOT_IGNORES_ALIGNMENT ? block + 16 : block;
}

static inline size_t slot_usable_size(void *block)
{
    (void)block;
    return SLOT_BYTES;
}

static inline void slot_purge(void)
{
    slots->purges++;
    virtual_spend(slots->call_ns);
}

static inline void slot_stats(struct allocator_stats *stats)
{
    const uint64_t live = slots->allocations - slots->releases;
    *stats = (struct allocator_stats){live, SIZE_MAX, live * 2, 3};
}

static inline size_t slot_inspect(void *out, size_t size)
{
    (void)out;
    (void)size;
    return 0;
}

static inline enum status slot_attach(struct allocator_calls *calls,
                                      const struct settings *settings,
                                      struct identity *identity,
                                      struct reason *reason)
{
    slots->kept_settings = settings_text(settings, "thp") != NULL;
    if (slots->attach_status != STATUS_OK) {
        return explain(reason, slots->attach_status, "not installed: get it");
    }
    for (size_t i = 0; i < SLOT_COUNT; i++) {
        slot_free[i] = slot_memory[SLOT_COUNT - 1 - i];
    }
    slot_free_count = SLOT_COUNT;
    (void)snprintf(identity->version, sizeof identity->version, "%s",
                   slots->version ? slots->version : "");
    (void)snprintf(identity->library, sizeof identity->library, "%s",
                   slots->library ? slots->library : "");
    const unsigned can = slots->offered;
    *calls = (struct allocator_calls){
        .alloc = slot_take,
        .release = slot_release,
        .alloc_zeroed = can & CAN_ZEROED ? slot_alloc_zeroed : NULL,
        .resize = can & CAN_RESIZE ? slot_resize : NULL,
        .alloc_aligned = can & CAN_ALIGNED ? slot_alloc_aligned : NULL,
        .usable_size = can & CAN_USABLE_SIZE ? slot_usable_size : NULL,
        .purge = can & CAN_PURGE ? slot_purge : NULL,
        .stats = can & CAN_STATS ? slot_stats : NULL,
        .inspect = can & CAN_INSPECT ? slot_inspect : NULL,
    };
    return STATUS_OK;
}

static const struct allocator slot_allocator_plugin = {
    .name = "slots",
    .summary = "64 slots of 64 KiB, for tests",
    .attach = slot_attach,
};

#endif
