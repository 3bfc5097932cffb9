/* Memory of the harness itself, outside the measured heap.
 *
 * Scratch is mapped, resident, never in huge pages and between guard pages
 * before the base sample is taken, so it does not move a figure. It is given
 * back when the process ends.
 */
#ifndef GIVEBACK_SCRATCH_H
#define GIVEBACK_SCRATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

/* What a worker may hold in all, bytes; no limit is set at first. Scratch
 * beyond it is refused at once instead of being filled till the watchdog
 * acts. */
void scratch_limit(uint64_t bytes);

/* `bytes` of zeroed scratch, aligned to a page; NULL when the system has no
 * more, the reason written. */
void *scratch_map(size_t bytes, struct reason *reason);

/* The same, shared with every process that is forked after. */
void *scratch_map_shared(size_t bytes, struct reason *reason);

/* Counts memory that was mapped elsewhere as scratch. */
void scratch_adopt(const void *start, size_t bytes);

/* Whether an address lies in scratch: page truth leaves such pages out. */
bool scratch_holds(uint64_t address);

/* All scratch mapped so far. */
uint64_t scratch_bytes(void);

#endif
