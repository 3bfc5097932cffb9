/* Many blocks, released first first. */
#include "support/batch.h"

static struct batch batch;

static void set_up(struct gbench_state *state, const struct micro_run *run)
{
    (void)state;
    (void)run;
    for (uint32_t i = 0; i < BATCH_BLOCKS; i++) {
        batch.order[i] = i;
    }
}

static void batch_fifo(struct gbench_state *state, const struct micro_run *run)
{
    batch_run(&batch, state, run);
}

const struct micro micro_batch_fifo = {
    .name = "batch_fifo",
    .summary = "4,096 blocks, released first first",
    BATCH_FIELDS,
    .set_up = set_up,
    .run = batch_fifo,
};
