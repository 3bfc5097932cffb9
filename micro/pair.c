/* One block at a time: allocated, written, released.
 *
 * Another block of the size is live meanwhile, as in any program: without it
 * pymalloc would take and give back a pool with every pair, and that is what
 * pool_edge measures.
 */
#include "gbench.h"
#include "micro.h"

enum { BATCH = 1024 };

static void *neighbour;

static void set_up(struct gbench_state *state, const struct micro_run *run)
{
    neighbour = run->heap->alloc((size_t)gbench_argument_of(state, 0));
    micro_touch(neighbour);
}

static void pair(struct gbench_state *state, const struct micro_run *run)
{
    void *(*const alloc)(size_t) = run->heap->alloc;
    void (*const release)(void *) = run->heap->release;
    const size_t size = (size_t)gbench_argument_of(state, 0);
    while (gbench_keep_running(state, BATCH)) {
        for (int i = 0; i < BATCH; i++) {
            void *block = alloc(size);
            micro_touch(block);
            release(block);
        }
    }
}

static void tear_down(struct gbench_state *state, const struct micro_run *run)
{
    (void)state;
    run->heap->release(neighbour);
}

/* A size class of each kind: small ones, the last small one of pymalloc (512)
 * and the first that is not, a page, and what large ones begin with. */
static const int64_t sizes[] = {16,  32,   64,   128,   256,
                                512, 1024, 4096, 16384, 65536};

static const char *const names[] = {"size"};

const struct micro micro_pair = {
    .name = "pair",
    .summary = "one block at a time, another of the size being live",
    .iteration = "alloc + release",
    .argument_names = names,
    .argument_count = 1,
    .arguments = sizes,
    .run_count = sizeof sizes / sizeof *sizes,
    .set_up = set_up,
    .run = pair,
    .tear_down = tear_down,
};
