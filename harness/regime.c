/* What the process does after the last release, and the tail behind it. */
#include "regime.h"

#include <string.h>

#include "run_inside.h"

enum {
    POKE_BYTES = 2048, /* above 1 KiB: glibc consolidates its fastbins */
    TICK_BYTES_MIN = 16,
    TICK_BYTES_MAX = 65536,
};

static const uint64_t TICK_NS = 1000000; /* 1,000 requests a second */

/* When to sample, counted from the last release. */
static const uint64_t moments_ns[] = {10000000, 100000000, 1000000000,
                                      10000000000, 30000000000};

static size_t mixed_bytes(struct run *run)
{
    return TICK_BYTES_MIN + random_below(&run->tick_random,
                                         TICK_BYTES_MAX - TICK_BYTES_MIN + 1);
}

static size_t own_bytes(struct run *run)
{
    return run->workload->request_bytes(run);
}

static enum status silent_tail(struct run *run);
static enum status tick_tail(struct run *run);

struct regime {
    const char *name;
    size_t (*request_bytes)(struct run *run); /* NULL: no requests */
    enum status (*tail)(struct run *run);
};

static const struct regime regimes[] = {
    {"silent", NULL, silent_tail},
    {"tick", mixed_bytes, tick_tail},
    {"tick_same", own_bytes, tick_tail},
};

const char *const regime_names[] = {"silent", "tick", "tick_same", NULL};

const struct regime *find_regime(const char *name)
{
    for (size_t i = 0; i < sizeof regimes / sizeof *regimes; i++) {
        if (strcmp(regimes[i].name, name) == 0) {
            return &regimes[i];
        }
    }
    return NULL;
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

/* Requests on their grid of 1 ms up to a moment; `done` counts them from the
 * last release on, so that exactly 10,000 are made by 10 s however late. */
static enum status tick_until(struct run *run, const struct regime *regime,
                              uint64_t moment_ns, uint64_t *done)
{
    const uint64_t drained_ns = run->report->drained_ns;
    while ((*done + 1) * TICK_NS <= moment_ns) {
        run->meter->sleep_until(drained_ns + (*done + 1) * TICK_NS);
        if (request(run, regime->request_bytes(run)) != STATUS_OK) {
            return STATUS_FAILED;
        }
        (*done)++;
    }
    return STATUS_OK;
}

enum status run_regime(struct run *run, const struct regime *regime,
                       uint64_t settle_ns)
{
    uint64_t ticks = 0;
    run_enter(run, regime->name);
    for (size_t i = 0; i < sizeof moments_ns / sizeof *moments_ns; i++) {
        const uint64_t ticks_before = ticks;
        if (moments_ns[i] > settle_ns) {
            break;
        }
        if (regime->request_bytes &&
            tick_until(run, regime, moments_ns[i], &ticks) != STATUS_OK) {
            return STATUS_FAILED;
        }
        run->meter->sleep_until(run->report->drained_ns + moments_ns[i]);
        run_sample(run, regime->name, 2 * (ticks - ticks_before));
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
    return regime->tail(run);
}
