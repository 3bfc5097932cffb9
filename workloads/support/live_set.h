/* Which slots hold a block while a script is drawn: what is added and removed
 * here is what the script will have made and released at that request.
 */
#ifndef GIVEBACK_SUPPORT_LIVE_SET_H
#define GIVEBACK_SUPPORT_LIVE_SET_H

#include "workload.h"

/* Invariant: the first `count` numbers of `order` are the live slots, those
 * behind are the free ones, and `place` says where in it each slot stands. */
struct live_set {
    uint32_t *order, *place, *bytes;
    size_t count, capacity;
    uint64_t live_bytes;
};

/* Scratch for `capacity` slots, all free; STATUS_FAILED, reason written,
 * where there is not enough. In `prepare`. */
enum status live_set_prepare(struct run *run, struct live_set *set,
                             uint64_t capacity);

/* Puts `bytes` into a free slot, of which there must be one, and returns
 * it. */
size_t live_set_add(struct live_set *set, size_t bytes);

/* The bytes that the slot held; it is free then. */
size_t live_set_remove(struct live_set *set, size_t slot);

/* A live slot, each as likely as the others; there must be one. */
size_t live_set_any(const struct live_set *set, struct random *random);

#endif
