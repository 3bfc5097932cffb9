/* Many blocks, released in random order. */
#include "random.h"
#include "support/batch.h"

static struct batch batch;

static void set_up(struct gbench_state *state, const struct micro_run *run)
{
    (void)state;
    struct random random = random_seeded(run->seed);
    for (uint32_t i = 0; i < BATCH_BLOCKS; i++) {
        const uint32_t j = (uint32_t)random_below(&random, i + 1);
        batch.order[i] = batch.order[j]; /* shuffled while it is filled */
        batch.order[j] = i;
    }
}

static void batch_random(struct gbench_state *state,
                         const struct micro_run *run)
{
    batch_run(&batch, state, run);
}

const struct micro micro_batch_random = {
    .name = "batch_random",
    .summary = "4,096 blocks, released in random order",
    BATCH_FIELDS,
    .set_up = set_up,
    .run = batch_random,
};
