/* The same loop through the C header of Google Benchmark and in C++. */
#ifndef GIVEBACK_BENCHMARKS_MICRO_LOOPS_H
#define GIVEBACK_BENCHMARKS_MICRO_LOOPS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What both loops call, through pointers: nothing is done, so that what is
 * seen is the loop. */
struct loop_calls {
    void *(*alloc)(size_t size);
    void (*release)(void *block);
    size_t size;
};

extern const struct loop_calls loop_calls;

/* How often the loops called ..._counted run. */
enum { COUNTED_ITERATIONS = 1 << 20 };

/* Registers `cpp_loop` and `cpp_loop_counted`. */
void register_cpp_loops(void);

#ifdef __cplusplus
}
#endif

#endif
