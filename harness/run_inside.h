/* The run's insides, shared by run.c, regime.c and threads.c alone. */
#ifndef GIVEBACK_RUN_INSIDE_H
#define GIVEBACK_RUN_INSIDE_H

#include "pages.h"
#include "regime.h"
#include "run.h"

/* Refill and rest go through a workload's build and drain again: their
 * phases are added up into one sample. */
enum pass { PASS_MEASURED, PASS_MERGED };

struct run {
    const struct cell_parts *parts;
    struct report *report;
    const struct meter *meter;
    const struct counter *counter; /* opened; NULL: nothing is counted */
    const struct workload *workload;
    struct allocator_calls calls;      /* what the workload gets */
    struct allocator_calls own_malloc; /* and where it asks for it */
    struct random random, tick_random;
    struct regime regime;  /* of memory runs */
    struct team *other;    /* makes the requests of `tick_other`; else NULL */
    unsigned thread_count; /* members of all teams */
    struct crew *crew;     /* the processes that it forks; NULL: none */
    struct usage crew_usage; /* theirs in this phase; its wall_ns is unused */
    void *state;
    struct page_map *page_map; /* NULL: no page truth */
    struct usage phase_start;  /* moved up by what does not count */
    struct usage paused;       /* when the last phase ended */
    enum pass pass;
    struct phase merged; /* operations so far, and the last live figures */
    char last_phase[32];
    enum status status; /* the first that was not OK */
};

/* Names the phase under way, for the reason of a crash. */
void run_enter(struct run *run, const char *where);

/* Samples under a name of the harness's own, with the last tally. */
void run_sample(struct run *run, const char *name, uint64_t operations);

/* The clock starts here. */
void run_clock(struct run *run);

/* Up to two steps of the workload with their phases added up into one
 * sample; a step that is NULL is skipped. */
enum status run_merged(struct run *run, const char *name, workload_step *first,
                       workload_step *second);

#endif
