/* What is measured in a cell: a table.
 *
 * A kind may wrap the allocator's calls before the workload sees them and
 * has the last word when a phase and the cell end.
 */
#ifndef GIVEBACK_KINDS_H
#define GIVEBACK_KINDS_H

#include <stdbool.h>

#include "allocator.h"
#include "counter.h"
#include "report.h"
#include "workload.h"

struct kind {
    const char *name, *summary;
    bool sampled;     /* the parent reads its resident memory 1,000 times a
                         second, not 20 times for the watchdog alone */
    bool memory;      /* samples memory; a timeline, a regime, a tail */
    bool aslr_off;    /* addresses are the same in every run */
    bool repeated;    /* --repetitions times, not --pairs times or once */
    bool pinned;      /* alone on one CPU, where the workload has one thread */
    bool poke_trim;   /* ends with a timed poke and trim */
    bool control;     /* the reference stands twice in each block */
    bool rests;       /* ends with the survivors released, without a regime */
    bool one_thread;  /* workloads with more are unsupported */
    bool one_process; /* and those that fork */
    const struct counter *counter; /* of instructions; NULL: none */
    unsigned slowdown; /* times as slow as timing, about; 0: not slower */

    /* Before `prepare`; NULL: the workload gets the calls themselves.
     * `own_malloc`: the process's own malloc and free. */
    enum status (*wrap)(struct allocator_calls *calls,
                        struct allocator_calls *own_malloc,
                        struct reason *reason);
    /* Where a phase's clock starts and where it is sampled: what comes between
     * is the sample's. NULL: nothing. */
    void (*begin)(void);
    void (*end)(struct sample *sample);
    /* At the end of every phase; NULL: nothing. */
    enum status (*check)(const struct phase *phase, struct reason *reason);
    /* At the end of the cell; NULL: nothing. */
    void (*finish)(struct report *report);
};

extern const struct kind kinds[]; /* ends in a row without a name */

/* The kind of that name, or NULL. */
const struct kind *find_kind(const char *name);

#endif
