/* One thread allocates, another releases.
 *
 * Blocks go over in batches, through a ring that one thread fills and the
 * other empties; whoever has to wait lets others run. Each thread makes one
 * call an iteration, so a pair is two.
 */
#include <sched.h>
#include <stdatomic.h>

#include "gbench.h"
#include "micro.h"

enum { BATCH = 256, RING = 8 };

static struct {
    _Alignas(64) atomic_uint filled;  /* batches so far */
    _Alignas(64) atomic_uint emptied; /* the same */
    void *blocks[RING][BATCH];
} ring;

static void set_up(struct gbench_state *state, const struct micro_run *run)
{
    (void)run;
    if (gbench_thread(state) == 0) { /* the loop begins with a barrier */
        atomic_store(&ring.filled, 0);
        atomic_store(&ring.emptied, 0);
    }
}

static unsigned filled(void)
{
    return atomic_load_explicit(&ring.filled, memory_order_acquire);
}

static unsigned emptied(void)
{
    return atomic_load_explicit(&ring.emptied, memory_order_acquire);
}

static void fill(struct gbench_state *state, const struct micro_run *run)
{
    void *(*const alloc)(size_t) = run->heap->alloc;
    const size_t size = (size_t)gbench_argument_of(state, 0);
    for (unsigned turn = 0; gbench_keep_running(state, BATCH); turn++) {
        void **const blocks = ring.blocks[turn % RING];
        while (turn - emptied() == RING) {
            (void)sched_yield();
        }
        for (int i = 0; i < BATCH; i++) {
            blocks[i] = alloc(size);
            micro_touch(blocks[i]);
        }
        atomic_store_explicit(&ring.filled, turn + 1, memory_order_release);
    }
}

static void empty(struct gbench_state *state, const struct micro_run *run)
{
    void (*const release)(void *) = run->heap->release;
    for (unsigned turn = 0; gbench_keep_running(state, BATCH); turn++) {
        void **const blocks = ring.blocks[turn % RING];
        while (filled() == turn) {
            (void)sched_yield();
        }
        for (int i = 0; i < BATCH; i++) {
            release(blocks[i]);
        }
        atomic_store_explicit(&ring.emptied, turn + 1, memory_order_release);
    }
}

static void cross_thread(struct gbench_state *state,
                         const struct micro_run *run)
{
    if (gbench_thread(state) == 0) {
        fill(state, run);
    } else {
        empty(state, run);
    }
}

static const int64_t sizes[] = {64, 1024};

static const char *const names[] = {"size"};

const struct micro micro_cross_thread = {
    .name = "cross_thread",
    .summary = "one thread allocates, another releases; wall time counts",
    .iteration = "alloc on one thread, or release on the other",
    .argument_names = names,
    .argument_count = 1,
    .arguments = sizes,
    .run_count = sizeof sizes / sizeof *sizes,
    .needs = CAN_THREADS,
    .threads = 2,
    .set_up = set_up,
    .run = cross_thread,
};
