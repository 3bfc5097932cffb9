/* The kind `stalls`: the time of every single call.
 *
 * Each thread keeps figures of its own in scratch; they are added up at the
 * end. The clock costs more than a fast call does, so only the tail of the
 * times means something; what the clock costs is measured in the same cell.
 */
#ifndef GIVEBACK_STALLS_H
#define GIVEBACK_STALLS_H

#include "allocator.h"
#include "report.h"
#include "sample.h"
#include "status.h"
#include "workload.h"

/* Puts the clock around the calls; the process's own malloc is left alone.
 * STATUS_FAILED with the reason where there is no memory for the figures. */
enum status stalls_wrap(struct allocator_calls *calls,
                        struct allocator_calls *own_malloc,
                        struct reason *reason);

/* The first time, what came before is forgotten. */
void stalls_begin(void);

/* The phase was sampled: calls from here on are the next one's. */
void stalls_end(struct sample *sample);

/* Fails where more threads made calls at once than there is room for. */
enum status stalls_check(const struct phase *phase, struct reason *reason);

/* Adds up the threads' figures and writes them. */
void stalls_finish(struct report *report);

#endif
