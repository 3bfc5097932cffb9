/* Counts the instructions of a phase, inside the worker.
 *
 * Only what the calling thread executes in user space counts, and only
 * between `start` and `stop`: what the harness does between phases does not.
 * No function but `open` allocates or opens anything.
 */
#ifndef GIVEBACK_COUNTER_H
#define GIVEBACK_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

#include "status.h"

/* Of the header that this program was built with; NULL: without one. */
extern const char *const callgrind_version;

struct counter {
    const char *source; /* as results name it */
    bool traced;        /* the worker runs under callgrind.h */

    /* Before the workload prepares. STATUS_UNSUPPORTED with the reason where
     * nothing counts. */
    enum status (*open)(struct reason *reason);
    void (*start)(void); /* what was counted before is forgotten */
    void (*stop)(void);
    /* Instructions since `start`, once stopped, for the sample `phase`;
     * UNKNOWN where the parent reads them. */
    uint64_t (*read)(const char *phase);
    void (*close)(void); /* NULL: nothing to close */
};

/* valgrind's callgrind: the same count in every run. */
extern const struct counter counter_callgrind;

/* Why this program cannot be counted by callgrind; NULL: it can. */
extern const char *const callgrind_lacking;

/* The processor's own counter (perf_event_open). */
extern const struct counter counter_perf;

#endif
