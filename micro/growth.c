/* A buffer that doubles until it holds what is asked for: realloc. */
#include "gbench.h"
#include "micro.h"

enum { BATCH = 16, FIRST_BYTES = 16 };

static void growth(struct gbench_state *state, const struct micro_run *run)
{
    void *(*const alloc)(size_t) = run->heap->alloc;
    void *(*const resize)(void *, size_t) = run->heap->resize;
    void (*const release)(void *) = run->heap->release;
    const size_t limit = (size_t)gbench_argument_of(state, 0);
    while (gbench_keep_running(state, BATCH)) {
        for (int i = 0; i < BATCH; i++) {
            void *block = alloc(FIRST_BYTES);
            micro_touch(block);
            for (size_t size = (size_t)2 * FIRST_BYTES; size <= limit;
                 size *= 2) {
                block = resize(block, size);
                micro_touch(block);
            }
            release(block);
        }
    }
}

static const int64_t limits[] = {512, 4096, 65536, 1048576};

static const char *const names[] = {"to"};

const struct micro micro_growth = {
    .name = "growth",
    .summary = "one buffer grows from 16 bytes by doubling, by realloc",
    .iteration = "alloc, every resize, release",
    .argument_names = names,
    .argument_count = 1,
    .arguments = limits,
    .run_count = sizeof limits / sizeof *limits,
    .needs = CAN_RESIZE,
    .run = growth,
};
