/* The cells of `giveback micro`.
 *
 * One process runs all of an allocator's micro-benchmarks, and each of them is
 * a cell: what Google Benchmark calls "pair/size:16" is the workload `pair`
 * with the parameter `size`. A block holds one process of each allocator, in
 * random order (latin_square.h).
 */
#ifndef GIVEBACK_MICRO_PLAN_H
#define GIVEBACK_MICRO_PLAN_H

#include "matrix.h"

/* What the workloads of the plan are made of. */
struct micro_plan {
    struct plan plan; /* its allocators are there before */
    struct workload *workloads;
    struct kind kind;
};

/* Fills the plan's workloads, one for each of `names`, and its cells, those of
 * a process side by side. STATUS_FAILED with the reason where a name is too
 * long. */
enum status micro_plan_make(struct micro_plan *micro,
                            const struct texts *names, uint64_t pairs,
                            uint64_t seed, struct reason *reason);

void micro_plan_free(struct micro_plan *micro);

#endif
