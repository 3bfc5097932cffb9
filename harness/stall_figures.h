/* What the kind `stalls` found: every call's time as a histogram, and the
 * longest calls with what is known of them. Nanoseconds and counts. */
#ifndef GIVEBACK_STALL_FIGURES_H
#define GIVEBACK_STALL_FIGURES_H

#include <stdint.h>

#include "histogram.h"

enum { LONGEST_CAPACITY = 8 };

/* Calls that are counted apart. */
enum call_class { CLASS_ALLOC, CLASS_RELEASE, CLASS_TRIM, CLASS_COUNT };

/* The functions of an allocator, by their names in results. */
enum call_function {
    FUNCTION_ALLOC,
    FUNCTION_ALLOC_ZEROED,
    FUNCTION_ALLOC_ALIGNED,
    FUNCTION_RESIZE,
    FUNCTION_RELEASE,
    FUNCTION_TRIM,
    FUNCTION_COUNT
};

/* What its thread did from the last time it was read to the end of a call:
 * reading costs more than most calls, so it is read before its first call of a
 * phase, after every call that is kept and after every 1,024 others. */
struct call_window {
    uint64_t calls;             /* the call itself and those before it */
    uint64_t wall_ns;           /* the call itself and all before it */
    uint64_t cpu_ns, system_ns; /* of it in the kernel */
    uint64_t minor_faults, major_faults;
    uint64_t voluntary_switches, involuntary_switches;
};

struct slow_call {
    uint64_t duration_ns;
    uint64_t position; /* among its thread's calls of the phase, from 1 */
    uint32_t sample;   /* index of the phase's sample in the report */
    uint32_t function; /* enum call_function */
    struct call_window window;
};

struct call_figures {
    uint64_t calls, above_1us, above_10us, above_100us;
    uint64_t buckets[HISTOGRAM_BUCKETS];
    uint64_t longest_count;
    struct slow_call longest[LONGEST_CAPACITY]; /* descending once merged */
};

struct stalls {
    uint64_t clock_ns; /* median of what one reading of the clock takes */
    struct call_figures classes[CLASS_COUNT];
};

#endif
