/* The blocks of a workload whose blocks differ in size: a table of slots.
 *
 * Invariant: a slot holds one live block with its size, or none, and the
 * tallies say how many blocks and requested bytes all slots hold.
 */
#ifndef GIVEBACK_SUPPORT_BLOCK_TABLE_H
#define GIVEBACK_SUPPORT_BLOCK_TABLE_H

#include "workload.h"

struct block_slot {
    void *block; /* NULL: the slot is free */
    size_t bytes;
};

struct block_table {
    struct block_slot *slots;
    size_t count;
    uint64_t live_blocks, live_bytes;
};

/* Scratch for `count` slots, all free; STATUS_FAILED, reason written, where
 * there is not enough or a slot's number would not fit a request. In
 * `prepare`. */
enum status block_table_prepare(struct run *run, struct block_table *table,
                                uint64_t count);

/* Releases every live block, in the order of the slots, and ends a phase. */
void block_table_release(struct run *run, struct block_table *table,
                         const struct allocator_calls *heap,
                         const char *phase_name);

/* Visits every live block. */
void block_table_each_live(const struct block_table *table,
                           block_visitor *visit, void *context);

#endif
