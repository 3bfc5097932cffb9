/* Resident memory of a worker over time, as its parent sees it.
 *
 * Keeps a point only where something changed since the one before, plus both
 * ends. Times are CLOCK_MONOTONIC nanoseconds, bytes absolute.
 */
#ifndef GIVEBACK_TIMELINE_H
#define GIVEBACK_TIMELINE_H

#include <stddef.h>
#include <stdint.h>

struct point {
    uint64_t time_ns, resident_bytes, live_bytes;
};

struct timeline {
    struct point *points; /* `count` of them, owned */
    size_t count, capacity;
    struct point last; /* seen last, kept or not */
};

/* Notes what is seen now. */
void timeline_see(struct timeline *timeline, struct point point);

/* Keeps what was seen last: the end of the line. */
void timeline_close(struct timeline *timeline);

void timeline_free(struct timeline *timeline);

#endif
