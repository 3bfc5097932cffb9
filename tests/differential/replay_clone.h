/* A recording played through the clone: the calls that a real interpreter
 * made, and the proof that the clone answered each as that interpreter's own
 * allocator did.
 */
#ifndef GIVEBACK_DIFFERENTIAL_REPLAY_CLONE_H
#define GIVEBACK_DIFFERENTIAL_REPLAY_CLONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena_slots.h"
#include "pymalloc.h"
#include "support/python_trace.h"

/* A clone whose arenas stand in slots, as the recorder's did. */
struct replay_clone {
    struct pymalloc *heap;
    struct pymalloc_allocator calls;
    struct arena_slots slots;
    struct python_trace_event events[PYTHON_TRACE_EVENTS_MAX]; /* of a call */
    uint32_t event_count; /* beyond EVENTS_MAX they are only counted */
};

/* Presets and releases by the words of the command line. NULL for `preset`:
 * that of the Python that was recorded. False, the reason printed, where
 * there is no such clone. */
bool replay_clone_open(struct replay_clone *clone,
                       const struct python_trace_header *header,
                       const char *preset, const char *release);

void replay_clone_close(struct replay_clone *clone);

struct replay_outcome {
    uint64_t calls, checkpoints;
    uint64_t arenas_taken, arenas_given;
    char difference[256]; /* the first; empty: there is none */
};

/* Plays the rest of a trace. False, the reason printed, where the trace is
 * refused or there is no memory: then nothing is known. */
bool replay_compare(struct replay_clone *clone, struct python_trace *trace,
                    struct replay_outcome *outcome);

#endif
