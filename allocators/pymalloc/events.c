/* The log of what a provider was asked for, and when. */
#include "heap.h"

#include <time.h>

#define NS_PER_S 1000000000U

uint64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void log_event(struct pymalloc *heap, enum pymalloc_event_kind kind,
               const struct arena *arena)
{
    struct pymalloc_event_log *log = heap->log;
    if (log == NULL) {
        return;
    }
    log->events[log->count % log->capacity] = (struct pymalloc_event){
        .time_ns = now_ns(),
        .kind = kind,
        .arena = arena != NULL ? (uint32_t)(arena - heap->arenas) : UINT32_MAX,
    };
    log->count++;
}
