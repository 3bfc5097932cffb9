/* Which slots hold a block while a script is drawn. */
#include "live_set.h"

#include <assert.h>

enum status live_set_prepare(struct run *run, struct live_set *set,
                             uint64_t capacity)
{
    if (capacity > UINT32_MAX) {
        return run_fail(run, "%llu blocks at a time are too many",
                        (unsigned long long)capacity);
    }
    *set = (struct live_set){
        .order = run_scratch(run, capacity * sizeof *set->order),
        .place = run_scratch(run, capacity * sizeof *set->place),
        .bytes = run_scratch(run, capacity * sizeof *set->bytes),
        .capacity = capacity,
    };
    if (!set->order || !set->place || !set->bytes) {
        return STATUS_FAILED;
    }
    for (size_t i = 0; i < capacity; i++) {
        set->order[i] = set->place[i] = (uint32_t)i;
    }
    return STATUS_OK;
}

size_t live_set_add(struct live_set *set, size_t bytes)
{
    assert(set->count < set->capacity);
    const uint32_t slot = set->order[set->count++];
    set->bytes[slot] = (uint32_t)bytes;
    set->live_bytes += bytes;
    return slot;
}

size_t live_set_remove(struct live_set *set, size_t slot)
{
    const uint32_t place = set->place[slot];
    assert(place < set->count);
    const uint32_t last = set->order[--set->count];
    set->order[place] = last;
    set->place[last] = place;
    set->order[set->count] = (uint32_t)slot;
    set->place[slot] = (uint32_t)set->count;
    set->live_bytes -= set->bytes[slot];
    return set->bytes[slot];
}

size_t live_set_any(const struct live_set *set, struct random *random)
{
    return set->order[random_below(random, set->count)];
}
