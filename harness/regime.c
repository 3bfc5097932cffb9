/* What the process does after the last release, and the tail behind it. */
#include "regime.h"

#include <string.h>

#include "run_inside.h"
#include "threads.h"

enum {
    POKE_BYTES = 2048, /* above 1 KiB: glibc consolidates its fastbins */
    TICK_BYTES_MIN = 16,
    TICK_BYTES_MAX = 65536,
};

static const uint64_t NS_PER_S = 1000000000;
static const uint64_t STEP_NS = 1000000; /* no two wake-ups are closer */

/* When to sample, counted from the last release. */
static const uint64_t moments_ns[] = {10000000, 100000000, 1000000000,
                                      10000000000, 30000000000};

static size_t next_bytes(struct run *run, const struct regime *regime)
{
    if (regime->mix == MIX_SAME) {
        return run->workload->request_bytes(run);
    }
    return TICK_BYTES_MIN + random_below(&run->tick_random,
                                         TICK_BYTES_MAX - TICK_BYTES_MIN + 1);
}

/* One request: every byte written, released at once. */
static enum status request(struct run *run, size_t bytes)
{
    void *block = run->calls.alloc(bytes);
    if (!block) {
        return run_fail(run, "alloc(%zu) returned NULL", bytes);
    }
    memset(block, 0x5a, bytes);
    run->calls.release(block);
    return STATUS_OK;
}

/* How many requests are due by `moment_ns` after the last release. Exact: an
 * hour of the greatest rate is 3.6e17. */
static uint64_t due_requests(const struct regime *regime, uint64_t moment_ns)
{
    return moment_ns * regime->requests_per_s / NS_PER_S;
}

/* When the first request behind `done` others is due. Above 1,000 a second
 * several share a step. */
static uint64_t next_step_ns(const struct regime *regime, uint64_t done)
{
    const uint64_t rate = regime->requests_per_s;
    const uint64_t due_ns = ((done + 1) * NS_PER_S + rate - 1) / rate;
    return rate * STEP_NS > NS_PER_S
               ? (due_ns + STEP_NS - 1) / STEP_NS * STEP_NS
               : due_ns;
}

/* Requests up to a moment; `done` counts them from the last release on, so
 * that plain ticks are exactly 10,000 by 10 s however late. */
static enum status tick_until(struct run *run, const struct regime *regime,
                              uint64_t moment_ns, uint64_t *done)
{
    const uint64_t due = due_requests(regime, moment_ns);
    while (*done < due) {
        const uint64_t step_ns = next_step_ns(regime, *done);
        const uint64_t due_now =
            due_requests(regime, step_ns < moment_ns ? step_ns : moment_ns);
        run->meter->sleep_until(run->report->drained_ns + step_ns);
        for (; *done < due_now; (*done)++) {
            if (request(run, next_bytes(run, regime)) != STATUS_OK) {
                return STATUS_FAILED;
            }
        }
    }
    return STATUS_OK;
}

/* What a thread of a team is told. */
struct ticking {
    const struct regime *regime;
    uint64_t moment_ns, *done;
};

static enum status tick_on_member(struct member *member,
                                  const struct allocator_calls *heap,
                                  void *context)
{
    const struct ticking *ticking = context;
    (void)heap;
    const enum status status = tick_until(member->run, ticking->regime,
                                          ticking->moment_ns, ticking->done);
    if (status != STATUS_OK) {
        member->reason = member->run->report->reason;
    }
    return status;
}

/* Whose first member makes the requests; NULL: the main thread does. */
static struct team *ticking_team(struct run *run, const struct regime *regime)
{
    if (regime->other) {
        return run->other;
    }
    const struct workload *workload = run->workload;
    return workload->releaser ? workload->releaser(run) : NULL;
}

/* Requests up to a moment, on the thread that the regime is about. */
static enum status tick(struct run *run, const struct regime *regime,
                        uint64_t moment_ns, uint64_t *done)
{
    struct team *team = ticking_team(run, regime);
    struct ticking ticking = {regime, moment_ns, done};
    if (!team) {
        return tick_until(run, regime, moment_ns, done);
    }
    if (!team_is_started(team) &&
        team_start(run, team, &run->calls) != STATUS_OK) {
        return STATUS_FAILED;
    }
    return team_run_first(run, team, tick_on_member, &ticking);
}

static enum status settle_until(struct run *run, const struct regime *regime,
                                uint64_t moment_ns, uint64_t *done)
{
    const uint64_t done_before = *done;
    if (regime->mix != MIX_NONE &&
        tick(run, regime, moment_ns, done) != STATUS_OK) {
        return STATUS_FAILED;
    }
    run->meter->sleep_until(run->report->drained_ns + moment_ns);
    run_sample(run, regime->label, 2 * (*done - done_before));
    return STATUS_OK;
}

enum status run_regime(struct run *run, const struct regime *regime,
                       uint64_t settle_ns)
{
    uint64_t done = 0, moment_ns = 0;
    run_enter(run, regime->label);
    for (size_t i = 0; moment_ns < settle_ns; i++) {
        const bool more = i < sizeof moments_ns / sizeof *moments_ns &&
                          moments_ns[i] < settle_ns;
        moment_ns = more ? moments_ns[i] : settle_ns;
        if (settle_until(run, regime, moment_ns, &done) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    return STATUS_OK;
}

enum status run_poke_and_trim(struct run *run)
{
    run_enter(run, "poke");
    run_clock(run);
    if (request(run, POKE_BYTES) != STATUS_OK) {
        return STATUS_FAILED;
    }
    run_sample(run, "poke", 2);
    run_enter(run, "trim");
    if (run->calls.purge) {
        run->calls.purge();
    }
    run_sample(run, "trim", run->calls.purge ? 1 : 0);
    return STATUS_OK;
}

enum status run_rest(struct run *run)
{
    return run_merged(run, "rest", run->workload->rest, NULL);
}

static enum status silent_tail(struct run *run)
{
    const enum status status = run_poke_and_trim(run);
    return status == STATUS_OK ? run_rest(run) : status;
}

/* One build to the peak again, as a service would after a quiet time, then
 * everything is released. */
static enum status tick_tail(struct run *run)
{
    const struct workload *workload = run->workload;
    const enum status status =
        run_merged(run, "refill", workload->build, NULL);
    return status == STATUS_OK
               ? run_merged(run, "rest", workload->drain, workload->rest)
               : status;
}

enum status run_tail(struct run *run, const struct regime *regime)
{
    return regime->mix == MIX_NONE ? silent_tail(run) : tick_tail(run);
}
