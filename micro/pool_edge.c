/* A pair at the edge of a pool: every block of its class fills whole pools,
 * so that one more takes a pool, and its release gives that pool back.
 *
 * The sizes are those of the presets of pymalloc: pools of 4,096 bytes up to
 * 3.9 and of 16,384 from 3.10 on, with a header of 48 (docs/pymalloc.md). No
 * other micro-benchmark uses the size class, so its pools begin empty. For
 * other allocators it is a pair with some blocks live.
 */
#include "gbench.h"
#include "micro.h"

enum { BATCH = 256, SIZE = 496, HEADER_BYTES = 48, BLOCKS_MAX = 64 };

static void *blocks[BLOCKS_MAX];

static size_t blocks_of_pool(const struct gbench_state *state)
{
    return ((size_t)gbench_argument_of(state, 0) - HEADER_BYTES) / SIZE;
}

static void set_up(struct gbench_state *state, const struct micro_run *run)
{
    for (size_t i = 0; i < blocks_of_pool(state); i++) {
        blocks[i] = run->heap->alloc(SIZE);
        micro_touch(blocks[i]);
    }
}

static void pool_edge(struct gbench_state *state, const struct micro_run *run)
{
    void *(*const alloc)(size_t) = run->heap->alloc;
    void (*const release)(void *) = run->heap->release;
    while (gbench_keep_running(state, BATCH)) {
        for (int i = 0; i < BATCH; i++) {
            void *block = alloc(SIZE);
            micro_touch(block);
            release(block);
        }
    }
}

static void tear_down(struct gbench_state *state, const struct micro_run *run)
{
    for (size_t i = 0; i < blocks_of_pool(state); i++) {
        run->heap->release(blocks[i]);
    }
}

static const int64_t pools[] = {4096, 16384};

static const char *const names[] = {"pool"};

const struct micro micro_pool_edge = {
    .name = "pool_edge",
    .summary = "a pair of 496 bytes above one full pool of pymalloc",
    .iteration = "alloc + release",
    .argument_names = names,
    .argument_count = 1,
    .arguments = pools,
    .run_count = sizeof pools / sizeof *pools,
    .set_up = set_up,
    .run = pool_edge,
    .tear_down = tear_down,
};
