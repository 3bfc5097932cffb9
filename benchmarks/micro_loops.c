/* What the loop of a micro-benchmark in C costs beside the same one in C++:
 * the program behind benchmarks/micro_cost. */
#include "micro_loops.h"

#include "gbench.h"

enum { BATCH = 1024 };

static char block[64];

static void *no_alloc(size_t size)
{
    (void)size;
    return block;
}

static void no_release(void *released)
{
    (void)released;
}

const struct loop_calls loop_calls = {no_alloc, no_release, sizeof block};

/* Its name is what callgrind counts by. */
void c_loop(struct gbench_state *state, void *context);

__attribute__((noinline)) void c_loop(struct gbench_state *state,
                                      void *context)
{
    const struct loop_calls *calls = context;
    void *(*const alloc)(size_t) = calls->alloc;
    void (*const release)(void *) = calls->release;
    const size_t size = calls->size;
    while (gbench_keep_running(state, BATCH)) {
        for (int i = 0; i < BATCH; i++) {
            void *taken = alloc(size);
            *(volatile char *)taken = 1;
            release(taken);
        }
    }
}

int main(int argc, char **argv)
{
    void *context = (void *)(uintptr_t)&loop_calls;
    (void)gbench_register("c_loop", c_loop, context);
    (void)gbench_iterations(gbench_register("c_loop_counted", c_loop, context),
                            COUNTED_ITERATIONS);
    register_cpp_loops();
    return gbench_main(argc, argv);
}
