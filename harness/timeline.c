/* Resident memory of a worker over time, as its parent sees it. */
#include "timeline.h"

#include <stdlib.h>
#include <string.h>

#include "texts.h"

static void keep(struct timeline *timeline, struct point point)
{
    if (timeline->count == timeline->capacity) {
        const size_t capacity =
            timeline->capacity ? 2 * timeline->capacity : 1024;
        struct point *points = must_allocate(capacity, sizeof *points);
        if (timeline->count) {
            memcpy(points, timeline->points, timeline->count * sizeof *points);
        }
        free(timeline->points);
        timeline->points = points;
        timeline->capacity = capacity;
    }
    timeline->points[timeline->count++] = point;
}

void timeline_see(struct timeline *timeline, struct point point)
{
    const struct point *last = &timeline->last;
    if (timeline->count == 0 || point.resident_bytes != last->resident_bytes ||
        point.live_bytes != last->live_bytes) {
        keep(timeline, point);
    }
    timeline->last = point;
}

void timeline_close(struct timeline *timeline)
{
    if (timeline->count > 0 && timeline->points[timeline->count - 1].time_ns !=
                                   timeline->last.time_ns) {
        keep(timeline, timeline->last);
    }
}

void timeline_free(struct timeline *timeline)
{
    free(timeline->points);
    *timeline = (struct timeline){NULL, 0, 0, {0, 0, 0}};
}
