/* What the process does after the last release, and the tail behind it.
 *
 * "RSS after free" is a function of what the process does next: glibc keeps
 * the whole peak in silence and nothing under a few requests a second. So
 * the regime is a dimension of a memory run:
 *
 *   silent                         nothing runs
 *   tick[+rate=N][+mix=M]          N requests a second
 *   tick_same[+rate=N]             tick+mix=same
 *   tick_other[+rate=N]            tick, but on another thread than the one
 *                                  that released: on one of its own
 */
#ifndef GIVEBACK_REGIME_H
#define GIVEBACK_REGIME_H

#include <stdbool.h>
#include <stdint.h>

#include "status.h"
#include "workload.h"

/* Sizes of requests: any from 16 B to 64 KiB, or the workload's own. */
enum mix { MIX_NONE, MIX_MIXED, MIX_SAME };
extern const char *const mix_names[];

/* A label is no longer than a sample's phase (sample.h), which it names. */
enum { REGIME_LABEL_BYTES = 32 };

struct regime {
    char label[REGIME_LABEL_BYTES]; /* equal for equal regimes alone */
    enum mix mix;                   /* MIX_NONE: silent */
    uint64_t requests_per_s;        /* UNKNOWN where silent */
    bool other;                     /* on a thread of the regime's own */
};

/* Reads a regime as typed. STATUS_FAILED with the reason where a name, key or
 * value is unknown. Allocates nothing: the worker reads its own. */
enum status regime_parse(const char *text, struct regime *regime,
                         struct reason *reason);

/* Lets the regime run for `settle_ns` from the last release on, sampled at
 * 10 ms, 100 ms, 1 s, 10 s and 30 s as far as they lie within, and at its
 * end. */
enum status run_regime(struct run *run, const struct regime *regime,
                       uint64_t settle_ns);

/* The steps behind it, each sampled: poke, trim, rest after silence; refill,
 * rest after requests. */
enum status run_tail(struct run *run, const struct regime *regime);

/* One block of 2 KiB allocated and released, then the allocator's own purge;
 * each timed and sampled. */
enum status run_poke_and_trim(struct run *run);

/* Releases the survivors; sampled. */
enum status run_rest(struct run *run);

#endif
