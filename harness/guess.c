/* A guess of time: what a call and a byte cost, by and large.
 *
 * The constants fit the workloads of the suite `headline` on the machine of
 * README.md within a factor of two, over the default allocators. Real costs
 * lie apart by more: allocators differ, and so do machines.
 */
#include "guess.h"

static const double START_S = 0.15; /* exec, load, warm the meter */
static const double CALL_S = 45e-9; /* a call and the bookkeeping beside it */
static const double BYTE_S = 0.26e-9;  /* ask the system for it, write it */
static const double MAPPED_S = 15e-9;  /* page truth, for a call's block */
static const double WRAPPED_S = 60e-9; /* two readings of a clock, or less */
static const double NS_PER_S = 1e9;

/* The seed's: 10*1024*1024 objects of 16 bytes. */
static const struct effort seed = {.calls = UINT64_C(20971520),
                                   .bytes = UINT64_C(167772160)};

double guess_alone_s(const struct cell *cell)
{
    const struct chosen_workload *chosen = &cell->workload->chosen;
    const struct effort effort =
        chosen->workload->effort
            ? chosen->workload->effort(&chosen->store.settings)
            : seed;
    const bool refills = cell->regime && cell->regime->mix != MIX_NONE;
    const double call_s = CALL_S + (cell->kind->memory ? MAPPED_S : 0) +
                          (cell->kind->wrap ? WRAPPED_S : 0);
    const double slowdown =
        cell->kind->slowdown > 0 ? (double)cell->kind->slowdown : 1.0;
    return START_S + (double)effort.idle_ns / NS_PER_S +
           (refills ? 1.5 : 1.0) * slowdown *
               (call_s * (double)effort.calls + BYTE_S * (double)effort.bytes);
}
