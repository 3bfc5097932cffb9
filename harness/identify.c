/* Before a run: which library each allocator is, and whether it works. */
#include <inttypes.h>
#include <poll.h>
#include <string.h>

#include "conduct.h"
#include "meter.h"

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

/* Waits for the worker's end. One that takes too long or too much memory is
 * ended; then the judgement is written, else its outcome stays ok. */
static void oversee(const struct conduct *conduct, const struct child *child,
                    struct ending *judgement)
{
    const uint64_t limit_s = conduct->options->time_limit_s;
    const uint64_t limit_bytes = conduct->memory_limit_bytes;
    const uint64_t started_ns = meter_linux.now_ns();
    while (!ends_within(child, LOOK_NS)) {
        const uint64_t resident_bytes = child_resident(child);
        if (resident_bytes != UNKNOWN && resident_bytes > limit_bytes) {
            judgement->outcome = OUTCOME_FAILED;
            (void)explain(&judgement->reason, STATUS_FAILED,
                          "it holds %" PRIu64 " MiB before anything is "
                          "measured, and may hold %" PRIu64 " MiB of this "
                          "machine's memory",
                          resident_bytes >> 20, limit_bytes >> 20);
            break;
        }
        if (meter_linux.now_ns() - started_ns > limit_s * NS_PER_S) {
            judgement->outcome = OUTCOME_TIMED_OUT;
            break;
        }
    }
    if (judgement->outcome != OUTCOME_OK) {
        child_kill(child);
    }
}

/* A library that does not tell its version has that of its package. */
static void take_identity(struct planned_allocator *planned,
                          const struct report *report)
{
    planned->identity = report->identity;
    planned->proof = report->proof;
    memcpy(planned->libc, report->libc, sizeof planned->libc);
    planned->capabilities = report->capabilities;
    if (planned->version && planned->identity.version[0] == '\0') {
        (void)snprintf(planned->identity.version,
                       sizeof planned->identity.version, "%s",
                       planned->version->number);
    }
}

static void identify(const struct conduct *conduct,
                     struct planned_allocator *planned)
{
    const struct chosen_allocator *chosen = &planned->chosen;
    const struct order order = {.allocator = chosen->typed,
                                .kind = "identify",
                                .library = fetched_library(planned),
                                .version = fetched_number(planned)};
    const struct child_setup setup =
        conduct_setup(conduct, planned, NULL, NULL);
    struct ending judgement = {.outcome = OUTCOME_OK};
    struct child child;
    planned->ending =
        (struct ending){.outcome = OUTCOME_FAILED, .exit_status = -1};
    if (child_start(&child, &setup, &order, &planned->ending.reason) !=
        STATUS_OK) {
        return;
    }
    oversee(conduct, &child, &judgement);
    child_collect(&child, &planned->ending);
    if (judgement.outcome == OUTCOME_TIMED_OUT) {
        (void)explain(&judgement.reason, STATUS_FAILED,
                      "not ready after %" PRIu64
                      " s, in %s: a longer --time-limit gives it more",
                      conduct->options->time_limit_s,
                      child.report->where[0] ? child.report->where
                                             : "start-up");
    }
    if (judgement.outcome != OUTCOME_OK &&
        strcmp(planned->ending.signal, "SIGKILL") == 0) {
        planned->ending.outcome = judgement.outcome;
        planned->ending.reason = judgement.reason;
    }
    if (planned->ending.outcome == OUTCOME_OK) {
        take_identity(planned, child.report);
    }
    child_free(&child);
}

void conduct_identify(const struct conduct *conduct)
{
    for (size_t i = 0; i < conduct->plan->allocator_count; i++) {
        identify(conduct, &conduct->plan->allocators[i]);
    }
}
