/* The kind `account`: stands between workload and allocator and checks both.
 *
 * Every block must be aligned, distinct from every live one and writable;
 * the workload must hold exactly what it says. The requests are hashed by
 * their sizes and by the order in which blocks were made, never by address,
 * so the hash is equal on every allocator.
 */
#ifndef GIVEBACK_ACCOUNT_H
#define GIVEBACK_ACCOUNT_H

#include "allocator.h"
#include "report.h"
#include "workload.h"

/* Puts the checks in front of `calls` and of the process's own malloc: their
 * blocks are counted together. One account per process. */
enum status account_wrap(struct allocator_calls *calls,
                         struct allocator_calls *own_malloc,
                         struct reason *reason);

/* The workload's words against the account; the first fault found so far. */
enum status account_check(const struct phase *phase, struct reason *reason);

/* Writes the hash of all requests. */
void account_finish(struct report *report);

#endif
