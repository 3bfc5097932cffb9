/* The kind `traffic`: counts the system calls by which memory comes and goes.
 *
 * mmap, munmap, madvise, brk and mremap of every thread that was started
 * after the allocator was attached, by whomever they were made. Threads that
 * the library had started by then are not covered, which the report says.
 */
#ifndef GIVEBACK_TRAFFIC_H
#define GIVEBACK_TRAFFIC_H

#include "allocator.h"
#include "report.h"
#include "sample.h"
#include "status.h"

/* Puts the count of requested bytes in front of both, and traps the calls.
 * STATUS_UNSUPPORTED with the reason where they cannot be trapped. */
enum status traffic_wrap(struct allocator_calls *calls,
                         struct allocator_calls *own_malloc,
                         struct reason *reason);

/* The next sample's traffic begins here. */
void traffic_begin(void);

/* Fills sample->traffic with what has come since. */
void traffic_end(struct sample *sample);

/* Says whom the count covers. */
void traffic_finish(struct report *report);

#endif
