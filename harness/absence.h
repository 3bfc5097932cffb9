/* Time in which the parent was not there (Ctrl-Z, SIGSTOP, a starved machine)
 * is not the worker's: it waited, or nobody saw it.
 */
#ifndef GIVEBACK_ABSENCE_H
#define GIVEBACK_ABSENCE_H

#include <stdint.h>

/* When a worker must be taken to have started, all CLOCK_MONOTONIC in ns: it
 * gets back what the parent missed of it between `watched_ns`, when it last
 * looked, and `now_ns`. Never later than now: who started meanwhile has had no
 * time at all. */
static inline uint64_t started_after_absence(uint64_t started_ns,
                                             uint64_t watched_ns,
                                             uint64_t now_ns)
{
    const uint64_t missed_from_ns =
        started_ns > watched_ns ? started_ns : watched_ns;
    return started_ns + (now_ns - missed_from_ns);
}

#endif
