/* Tells callgrind which instructions count: client requests of the header
 * that valgrind brings, no-ops outside of it. */
#include "counter.h"

#include <valgrind/callgrind.h>

#include "sample.h"

#define TEXT_OF(number)            #number
#define VERSION_TEXT(major, minor) TEXT_OF(major) "." TEXT_OF(minor)

const char *const callgrind_lacking = NULL;
const char *const callgrind_version =
    VERSION_TEXT(__VALGRIND_MAJOR__, __VALGRIND_MINOR__);

/* Callgrind keeps the same per thread; a phase begins and ends in one. */
static bool collecting;

static enum status callgrind_open(struct reason *reason)
{
    return RUNNING_ON_VALGRIND
               ? STATUS_OK
               : explain(reason, STATUS_FAILED,
                         "valgrind was to run this process and does not");
}

static void callgrind_stop(void)
{
    if (collecting) {
        CALLGRIND_TOGGLE_COLLECT;
        collecting = false;
    }
}

static void callgrind_start(void)
{
    callgrind_stop();
    CALLGRIND_ZERO_STATS;
    collecting = true;
    CALLGRIND_TOGGLE_COLLECT;
}

/* One part of callgrind's output, named after the phase. */
static uint64_t callgrind_read_phase(const char *phase)
{
    CALLGRIND_DUMP_STATS_AT(phase);
    return UNKNOWN;
}

const struct counter counter_callgrind = {
    .source = "callgrind",
    .traced = true,
    .open = callgrind_open,
    .start = callgrind_start,
    .stop = callgrind_stop,
    .read = callgrind_read_phase,
};
