/* A plan for targets that need one: two allocators under one workload, five
 * cells: memory after silent, and timing, once more for the reference.
 */
#ifndef GIVEBACK_FUZZ_SMALL_PLAN_H
#define GIVEBACK_FUZZ_SMALL_PLAN_H

#include "fuzz.h"
#include "matrix.h"

/* Makes the plan, for good. */
static inline void small_plan(struct plan *plan)
{
    /* The plan's cells name regimes by the options' own texts. */
    static struct run_options options = {
        .repetitions = 1, .pairs = 1, .jobs = 1, .seed = 11};
    struct reason reason = {""};
    texts_add(&options.allocators, "bump,two=null+thp=off");
    texts_add(&options.workloads, "fill_drain+objects=10");
    texts_split(&options.kinds, "memory,timing");
    texts_split(&options.regimes, "silent");
    require(plan_make(&options, plan, &reason) == STATUS_OK);
    require(plan->cell_count == 5);
}

#endif
