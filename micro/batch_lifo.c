/* Many blocks, released last first. */
#include "support/batch.h"

static struct batch batch;

static void set_up(struct gbench_state *state, const struct micro_run *run)
{
    (void)state;
    (void)run;
    for (uint32_t i = 0; i < BATCH_BLOCKS; i++) {
        batch.order[i] = BATCH_BLOCKS - 1 - i;
    }
}

static void batch_lifo(struct gbench_state *state, const struct micro_run *run)
{
    batch_run(&batch, state, run);
}

const struct micro micro_batch_lifo = {
    .name = "batch_lifo",
    .summary = "4,096 blocks, released last first",
    BATCH_FIELDS,
    .set_up = set_up,
    .run = batch_lifo,
};
