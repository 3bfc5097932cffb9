/* What a workload asked for and what it holds: the account of its phases.
 *
 * Invariant: `live_blocks` and `live_bytes` are what it holds now, of all of
 * its tables together; `operations` are the calls since the last phase ended.
 * Loops over small objects count in locals and add up once per batch; only
 * where writing the block takes far longer is every call counted.
 */
#ifndef GIVEBACK_SUPPORT_TALLY_H
#define GIVEBACK_SUPPORT_TALLY_H

#include "workload.h"

struct tally {
    uint64_t operations, live_blocks, live_bytes;
};

/* `blocks` calls made as many blocks of `bytes` in all. */
static inline void tally_made(struct tally *tally, uint64_t blocks,
                              uint64_t bytes)
{
    tally->operations += blocks;
    tally->live_blocks += blocks;
    tally->live_bytes += bytes;
}

/* `blocks` calls released as many blocks of `bytes` in all. */
static inline void tally_released(struct tally *tally, uint64_t blocks,
                                  uint64_t bytes)
{
    tally->operations += blocks;
    tally->live_blocks -= blocks;
    tally->live_bytes -= bytes;
}

static inline void tally_publish(struct run *run, const struct tally *tally)
{
    publish(run, tally->operations, tally->live_bytes);
}

/* Ends the phase with what was counted; the next one's calls begin at 0. */
static inline void tally_end_phase(struct run *run, struct tally *tally,
                                   const char *name)
{
    const struct phase phase = {name, tally->operations, tally->live_blocks,
                                tally->live_bytes};
    end_phase(run, &phase);
    tally->operations = 0;
}

#endif
