/* The whole course of a workload, drawn in `prepare`: up to the cap, on to
 * the peak, and the drain. What remains for the timed steps is the same for
 * all such workloads and stands here; a refill makes again what the drain
 * released, in that order and of the same sizes.
 */
#ifndef GIVEBACK_SUPPORT_COURSE_H
#define GIVEBACK_SUPPORT_COURSE_H

#include "script.h"

struct course {
    struct block_table table;
    struct script first; /* the phase `first`; empty: there is none */
    struct script fill, drain;
    bool is_refill;
};

/* How much a course may hold. */
struct course_size {
    uint64_t slots;              /* blocks at a time */
    uint64_t first, fill, drain; /* requests */
};

/* A course in scratch, set as the state of the run, for the workload to draw;
 * NULL, reason written, where there is not enough. In `prepare`. */
struct course *course_prepare(struct run *run, const struct course_size *size);

/* The steps of the workload. */
workload_step course_build, course_drain, course_rest;
void course_each_live(struct run *run, block_visitor *visit, void *context);

#endif
