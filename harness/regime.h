/* What the process does after the last release, and the tail behind it.
 *
 * "RSS after free" is a function of what the process does next: glibc keeps
 * the whole peak in silence and nothing under a few requests a second. So
 * the regime is a dimension of a memory run.
 */
#ifndef GIVEBACK_REGIME_H
#define GIVEBACK_REGIME_H

#include "workload.h"

struct regime;

/* The regime of that name, or NULL. */
const struct regime *find_regime(const char *name);

/* The names of all regimes; ends in NULL. */
extern const char *const regime_names[];

/* Lets the regime run for `settle_ns` from the last release on, sampled at
 * 10 ms, 100 ms, 1 s, 10 s and 30 s as far as they lie within. */
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
