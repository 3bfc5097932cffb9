/* A table of equal objects, as many as there is memory for.
 *
 * Invariant: the slots from `live_from` on hold live objects, those below
 * are free. A fill makes the free ones live, a release goes up from
 * `live_from`: whoever wants another order arranges the slots first. All
 * loops run batches of BATCH_OPERATIONS without a branch for bookkeeping.
 * Every byte of every object is written, with stores of fixed size where the
 * size is a multiple of 16 up to 512.
 */
#ifndef GIVEBACK_SUPPORT_OBJECTS_H
#define GIVEBACK_SUPPORT_OBJECTS_H

#include "workload.h"

struct objects {
    void **slots;
    size_t count, size; /* objects, bytes each */
    size_t live_from;
    /* Another table whose live objects count in the phases and for the
     * timeline; NULL: none. */
    const struct objects *beside;
};

/* The parameters of every such workload. */
#define OBJECTS_PARAMETERS                                                    \
    {.key = "objects",                                                        \
     .meaning = "how many",                                                   \
     .preset = "10485760",                                                    \
     .minimum = 1,                                                            \
     .maximum = UINT64_C(1) << 36},                                           \
    {                                                                         \
        .key = "size", .meaning = "bytes of each", .preset = "16",            \
        .minimum = 1, .maximum = UINT64_C(1) << 32                            \
    }

/* The parameter `size`. */
size_t objects_request_bytes(const struct run *run);

/* Scratch for `count` objects, none live; STATUS_FAILED, reason written,
 * where there is not enough. In `prepare`. */
enum status objects_prepare(struct run *run, struct objects *objects,
                            size_t count, size_t size);

/* Makes every free slot live, in order, and ends the phase. */
void objects_make(struct run *run, struct objects *objects,
                  const struct allocator_calls *heap, const char *phase_name);

/* The same; the phase is `fill`. */
void objects_fill(struct run *run, struct objects *objects,
                  const struct allocator_calls *heap);

/* Releases the live slots below `end`, in order. */
void objects_release(struct run *run, struct objects *objects,
                     const struct allocator_calls *heap, size_t end,
                     const char *phase_name);

/* Visits every live object. */
void objects_each_live(const struct objects *objects, block_visitor *visit,
                       void *context);

/* Orders of release; they arrange the first `count` slots, untimed. */
void slots_reverse(void **slots, size_t count);
void slots_shuffle(void **slots, size_t count, struct random *random);

/* Moves every `keep`-th slot to the end; both parts keep their order. Returns
 * how many moved; `room` holds as many. */
size_t slots_part(void **slots, size_t count, size_t keep, void **room);

#endif
