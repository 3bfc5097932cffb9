/* Whether an allocator's blocks can be used at all. */
#ifndef GIVEBACK_SELF_CHECK_H
#define GIVEBACK_SELF_CHECK_H

#include "allocator.h"
#include "report.h"

/* Tries 3,072 requests of 1 to 4,096 bytes: each must be answered with a
 * block that is aligned, writable as a whole, and keeps its contents while
 * the others are made, written and released. STATUS_FAILED with the reason in
 * the report where one is not; `operations` counts the calls, for the reason
 * of a crash. Every block is released at the end, but the heap is no longer
 * fresh: only for a process that measures nothing. */
enum status self_check(const struct allocator_calls *heap,
                       struct report *report);

#endif
