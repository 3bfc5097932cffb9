/* Requests that were decided beforehand, and the timed loop that makes them.
 *
 * Where a pattern decides from request to request which block goes and how
 * large the next one is, a workload decides in `prepare` or between two
 * phases and writes the decisions down; the timed loop only reads them. So
 * no choice is timed, and none can depend on the allocator.
 *
 * Invariant: a script makes a block only in a slot that is free then, and
 * releases only what a slot holds.
 */
#ifndef GIVEBACK_SUPPORT_SCRIPT_H
#define GIVEBACK_SUPPORT_SCRIPT_H

#include "block_table.h"

enum { REQUEST_BYTES_MAX = INT32_MAX };

/* In eight bytes: millions of them are read beside the blocks. */
struct request {
    uint32_t slot;
    int32_t bytes; /* above 0: of the block to make; below: of the one to
                      release */
};

struct script {
    struct request *requests;
    size_t count, capacity;
};

/* Scratch for `capacity` requests, none there; STATUS_FAILED, reason written,
 * where there is not enough. In `prepare`. */
enum status script_prepare(struct run *run, struct script *script,
                           uint64_t capacity);

/* Appends: a block of `bytes` is made in a free slot. */
void script_make(struct script *script, size_t slot, size_t bytes);

/* Appends: the block of `bytes` that the slot holds is released. */
void script_release(struct script *script, size_t slot, size_t bytes);

/* Turns every request into its opposite, in the same order: what a script of
 * releases released it makes again, and the other way round. Twice is
 * nothing. */
void script_invert(struct script *script);

/* Leaves out exactly one request in `keep`, at random: of a script of
 * releases, the survivors. */
void script_spare(struct script *script, uint64_t keep, struct random *random);

/* Makes all requests in batches, writes every byte of every block and ends
 * the phase. STATUS_FAILED, reason written, where the allocator answers
 * NULL. */
enum status script_run(struct run *run, const struct script *script,
                       struct block_table *table,
                       const struct allocator_calls *heap,
                       const char *phase_name);

/* The same on a thread of a team, tallied and published by its member; no
 * phase ends. STATUS_FAILED with the member's reason. */
enum status script_run_member(struct member *member,
                              const struct script *script,
                              struct block_table *table,
                              const struct allocator_calls *heap);

#endif
