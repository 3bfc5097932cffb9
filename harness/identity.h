/* Which library really runs: proven from the process's memory map. */
#ifndef GIVEBACK_IDENTITY_H
#define GIVEBACK_IDENTITY_H

#include "allocator.h"
#include "report.h"

/* Checks that the allocator's own calls, below the layers that it wears, live
 * in the file that the backend names (in this program where it names none; in
 * its adapter, if the backend says that there is one, and what that names in
 * the file), and hashes that file. STATUS_FAILED with the reason where they
 * live elsewhere. Before the base sample. */
enum status prove_identity(const struct allocator_calls *calls,
                           const struct identity *identity,
                           struct proof *proof, struct reason *reason);

#endif
