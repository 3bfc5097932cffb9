/* A worker that runs alone, watched to its end. */
#include "oversee.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>

#include "meter.h"
#include "printable.h"

static const uint64_t LOOK_NS = 50000000; /* between two looks at a worker */
static const uint64_t NS_PER_S = 1000000000;

/* Whether the worker ended by itself within that time. */
static bool ends_within(const struct child *child, uint64_t duration_ns)
{
    struct pollfd fd = {.fd = child->pidfd, .events = POLLIN};
    const struct timespec duration = {(time_t)(duration_ns / NS_PER_S),
                                      (long)(duration_ns % NS_PER_S)};
    return ppoll(&fd, 1, &duration, NULL) == 1;
}

static void exceeds_memory(uint64_t resident_bytes, uint64_t limit_bytes,
                           const char *wanted, struct ending *judgement)
{
    judgement->outcome = OUTCOME_FAILED;
    (void)explain(&judgement->reason, STATUS_FAILED,
                  "it holds %" PRIu64 " MiB before it is %s, and may hold "
                  "%" PRIu64 " MiB of this machine's memory",
                  resident_bytes >> 20, wanted, limit_bytes >> 20);
}

static void exceeds_time(const struct child *child, uint64_t limit_s,
                         const char *wanted, struct ending *judgement)
{
    char where[sizeof child->report->where];
    (void)snprintf(where, sizeof where, "%.*s", (int)sizeof where - 1,
                   child->report->where);
    make_printable(where);
    judgement->outcome = OUTCOME_TIMED_OUT;
    (void)explain(&judgement->reason, STATUS_FAILED,
                  "not %s after %" PRIu64
                  " s, in %s: a longer --time-limit gives it more",
                  wanted, limit_s, where[0] ? where : "start-up");
}

/* Ends it where it exceeds a limit; else the judgement stays ok. */
static void watch(const struct conduct *conduct, const struct child *child,
                  const char *wanted, struct ending *judgement)
{
    const uint64_t limit_s = conduct->options->time_limit_s;
    const uint64_t limit_bytes = conduct->memory_limit_bytes;
    const uint64_t started_ns = meter_linux.now_ns();
    while (judgement->outcome == OUTCOME_OK && !ends_within(child, LOOK_NS)) {
        const uint64_t resident_bytes = child_resident(child);
        if (resident_bytes != UNKNOWN && resident_bytes > limit_bytes) {
            exceeds_memory(resident_bytes, limit_bytes, wanted, judgement);
        } else if (meter_linux.now_ns() - started_ns > limit_s * NS_PER_S) {
            exceeds_time(child, limit_s, wanted, judgement);
        }
    }
    if (judgement->outcome != OUTCOME_OK) {
        child_kill(child);
    }
}

void oversee(const struct conduct *conduct, struct child *child,
             const char *wanted, struct ending *ending)
{
    struct ending judgement = {.outcome = OUTCOME_OK};
    watch(conduct, child, wanted, &judgement);
    child_collect(child, ending);
    if (judgement.outcome != OUTCOME_OK &&
        strcmp(ending->signal, "SIGKILL") == 0) {
        ending->outcome = judgement.outcome;
        ending->reason = judgement.reason;
    }
}
