/* Blocks that come together and go together, in some order. */
#ifndef GIVEBACK_MICRO_BATCH_H
#define GIVEBACK_MICRO_BATCH_H

#include <stdint.h>

#include "gbench.h"
#include "micro.h"

/* 4,096 blocks: 64 KiB of the smallest and 4 MiB of the largest size. */
enum { BATCH_BLOCKS = 4096 };

struct batch {
    void *blocks[BATCH_BLOCKS];
    uint32_t order[BATCH_BLOCKS]; /* places in the order of their release */
};

/* The timed loop: the block at order[0] is released first. */
static inline void batch_run(struct batch *batch, struct gbench_state *state,
                             const struct micro_run *run)
{
    void *(*const alloc)(size_t) = run->heap->alloc;
    void (*const release)(void *) = run->heap->release;
    const size_t size = (size_t)gbench_argument_of(state, 0);
    while (gbench_keep_running(state, BATCH_BLOCKS)) {
        for (int i = 0; i < BATCH_BLOCKS; i++) {
            batch->blocks[i] = alloc(size);
            micro_touch(batch->blocks[i]);
        }
        for (int i = 0; i < BATCH_BLOCKS; i++) {
            release(batch->blocks[batch->order[i]]);
        }
    }
}

static const int64_t batch_sizes[] = {16, 128, 1024};

static const char *const batch_names[] = {"size"};

/* What all orders have in common, as initialisers of a struct micro. */
#define BATCH_FIELDS                                                          \
    .iteration = "alloc + release", .argument_names = batch_names,            \
    .argument_count = 1, .arguments = batch_sizes,                            \
    .run_count = sizeof batch_sizes / sizeof *batch_sizes

#endif
