/* One cell, inside the worker: phases, the regime after the drain, the tail.
 *
 * Invariant: between the base sample and the end nothing here makes a libc
 * call that may allocate; glibc keeps 320 MiB after the seed's workload and
 * one dprintf turns that into 0.1.
 */
#ifndef GIVEBACK_RUN_H
#define GIVEBACK_RUN_H

#include "kinds.h"
#include "meter.h"
#include "order.h"
#include "report.h"
#include "resolve.h"

/* How the worker takes turns with others: builds and drains of memory runs
 * go one at a time. Both may be NULL. */
struct turns {
    void (*settling)(void *context);  /* the drain is over */
    void (*take_turn)(void *context); /* returns when it is our turn */
    void *context;
};

/* What a cell is made of. */
struct cell_parts {
    const struct order *order;
    const struct kind *kind; /* NULL: attach, identify, try */
    const struct chosen_allocator *allocator;
    const struct chosen_workload *workload;
    const struct meter *meter;
    struct turns turns;
    char **words;   /* what else the worker was told; ends in NULL */
    int word_count; /* the NULL left out */
};

/* Runs the cell and leaves everything in the report, `complete` last. */
void run_cell(const struct cell_parts *parts, struct report *report);

/* Attaches the cell's allocator and proves what it is, both into the report,
 * for whoever makes the calls himself. Once per process; otherwise than ok the
 * report has the reason. */
enum status run_attach(const struct cell_parts *parts, struct report *report,
                       struct allocator_calls *calls);

#endif
