/* The contract of a micro-benchmark: what micro/NAME.c does.
 *
 * micro/NAME.c defines `const struct micro micro_NAME`; the build finds it by
 * its file name. It asks `heap` and the functions of gbench.h, nothing else,
 * and keeps its bookkeeping in static tables of its own, outside the measured
 * heap. Whatever it took it has given back when a run ends: the next one finds
 * the heap as this one did.
 *
 * A timed loop asks gbench_keep_running once for a batch, copies the calls it
 * uses into locals, and has no branch for bookkeeping in it: a check inside a
 * loop of 3 ns costs 2 to 10 %. A call that returned NULL is no special case:
 * `micro_touch` then ends the process, which is the outcome `crashed`.
 */
#ifndef GIVEBACK_API_MICRO_H
#define GIVEBACK_API_MICRO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "allocator.h"

struct gbench_state; /* gbench.h */

/* What a run gets. */
struct micro_run {
    const struct allocator_calls *heap;
    uint64_t seed; /* of whatever is random in it */
};

typedef void micro_step(struct gbench_state *state,
                        const struct micro_run *run);

struct micro {
    const char *name, *summary;
    const char *iteration; /* what one iteration is: "alloc + release" */
    /* The names of the arguments, and a row of them for each run. */
    const char *const *argument_names;
    size_t argument_count;
    const int64_t *arguments; /* `run_count` rows of `argument_count` */
    size_t run_count;
    unsigned needs; /* capabilities; missing: unsupported */
    int threads;    /* at once; 0: the main thread alone */
    micro_step *set_up, *run, *tear_down; /* untimed but for `run`; on each
                                             thread; NULL: none */
};

/* Writes the first byte of a block, as a program would. */
static inline void micro_touch(void *block)
{
    *(volatile char *)block = 1;
}

#endif
