/* A workload for tests: eight blocks of 100 bytes in two phases, all but the
 * first released, then the first; with pauses that no phase may count. */
#ifndef GIVEBACK_UNIT_SMALL_WORKLOAD_H
#define GIVEBACK_UNIT_SMALL_WORKLOAD_H

#include <string.h>

#include "virtual_meter.h"
#include "workload.h"

enum { SMALL_BLOCKS = 8, SMALL_BYTES = 100 };

#define SMALL_PAUSE_NS UINT64_C(5000) /* before begin_phase: a shuffle */
#define SMALL_WORK_NS  UINT64_C(300)  /* per operation, besides the call's */

static void *small_blocks[SMALL_BLOCKS]; /* NULL: not live */

static inline void small_tell(struct run *run, const char *name,
                              uint64_t operations)
{
    struct phase phase = {.name = name, .operations = operations};
    for (size_t i = 0; i < SMALL_BLOCKS; i++) {
        phase.live_blocks += small_blocks[i] != NULL;
    }
    phase.live_bytes = phase.live_blocks * SMALL_BYTES;
    end_phase(run, &phase);
}

/* Makes what is not live among the blocks first .. last-1. */
static inline uint64_t small_make(const struct allocator_calls *heap,
                                  size_t first, size_t last)
{
    uint64_t operations = 0;
    for (size_t i = first; i < last; i++) {
        if (!small_blocks[i]) {
            small_blocks[i] = heap->alloc(SMALL_BYTES);
            if (small_blocks[i]) {
                memset(small_blocks[i], (int)i, SMALL_BYTES);
            }
            virtual_spend(SMALL_WORK_NS);
            virtual_meter->minor_faults++;
            operations++;
        }
    }
    return operations;
}

static inline uint64_t small_drop(const struct allocator_calls *heap,
                                  size_t first, size_t last)
{
    for (size_t i = first; i < last; i++) {
        heap->release(small_blocks[i]);
        small_blocks[i] = NULL;
        virtual_spend(SMALL_WORK_NS);
    }
    return last - first;
}

static inline void small_pause(struct run *run)
{
    virtual_spend(SMALL_PAUSE_NS);
    virtual_meter->minor_faults += 50;
    virtual_meter->major_faults += 5;
    begin_phase(run);
}

static inline enum status small_prepare(struct run *run)
{
    (void)run;
    memset(small_blocks, 0, sizeof small_blocks);
    return STATUS_OK;
}

static inline size_t small_request_bytes(const struct run *run)
{
    (void)run;
    return SMALL_BYTES;
}

static inline enum status small_build(struct run *run,
                                      const struct allocator_calls *heap)
{
    small_tell(run, "half", small_make(heap, 0, SMALL_BLOCKS / 2));
    small_pause(run);
    small_tell(run, "fill", small_make(heap, SMALL_BLOCKS / 2, SMALL_BLOCKS));
    return STATUS_OK;
}

static inline enum status small_drain(struct run *run,
                                      const struct allocator_calls *heap)
{
    small_pause(run);
    small_tell(run, "drain", small_drop(heap, 1, SMALL_BLOCKS));
    return STATUS_OK;
}

static inline enum status small_rest(struct run *run,
                                     const struct allocator_calls *heap)
{
    small_tell(run, "rest", small_drop(heap, 0, 1));
    return STATUS_OK;
}

static inline void small_each_live(struct run *run, block_visitor *visit,
                                   void *context)
{
    (void)run;
    for (size_t i = 0; i < SMALL_BLOCKS; i++) {
        if (small_blocks[i]) {
            visit(context, small_blocks[i], SMALL_BYTES);
        }
    }
}

static const struct workload small_workload = {
    .name = "small",
    .summary = "eight blocks, for tests",
    .prepare = small_prepare,
    .request_bytes = small_request_bytes,
    .build = small_build,
    .drain = small_drain,
    .rest = small_rest,
    .each_live = small_each_live,
};

#endif
