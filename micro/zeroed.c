/* Zeroed blocks one at a time: calloc. Whoever knows that the memory comes
 * fresh from the system need not clear it. */
#include "gbench.h"
#include "micro.h"

enum { BATCH = 256 };

static void zeroed(struct gbench_state *state, const struct micro_run *run)
{
    void *(*const alloc_zeroed)(size_t, size_t) = run->heap->alloc_zeroed;
    void (*const release)(void *) = run->heap->release;
    const size_t size = (size_t)gbench_argument_of(state, 0);
    while (gbench_keep_running(state, BATCH)) {
        for (int i = 0; i < BATCH; i++) {
            void *block = alloc_zeroed(1, size);
            micro_touch(block);
            release(block);
        }
    }
}

static const int64_t sizes[] = {64, 4096, 65536, 1048576};

static const char *const names[] = {"size"};

const struct micro micro_zeroed = {
    .name = "zeroed",
    .summary = "one zeroed block at a time, by calloc",
    .iteration = "alloc_zeroed + release",
    .argument_names = names,
    .argument_count = 1,
    .arguments = sizes,
    .run_count = sizeof sizes / sizeof *sizes,
    .needs = CAN_ZEROED,
    .run = zeroed,
};
