/* The loop of micro_loops.c as Google Benchmark's users write it. */
#include <benchmark/benchmark.h>

#include "micro_loops.h"

/* Its name is what callgrind counts by. */
extern "C" void cpp_loop(benchmark::State &state);

extern "C" __attribute__((noinline)) void cpp_loop(benchmark::State &state)
{
    void *(*const alloc)(size_t) = loop_calls.alloc;
    void (*const release)(void *) = loop_calls.release;
    const size_t size = loop_calls.size;
    for (auto _ : state) {
        void *taken = alloc(size);
        *static_cast<volatile char *>(taken) = 1;
        release(taken);
    }
}

void register_cpp_loops(void)
{
    benchmark::RegisterBenchmark("cpp_loop", cpp_loop);
    benchmark::RegisterBenchmark("cpp_loop_counted", cpp_loop)
        ->Iterations(COUNTED_ITERATIONS);
}
