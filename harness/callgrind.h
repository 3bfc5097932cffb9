/* Runs a worker under valgrind's callgrind and reads what it counted; the
 * parent's side of counter_callgrind. */
#ifndef GIVEBACK_CALLGRIND_H
#define GIVEBACK_CALLGRIND_H

#include <stddef.h>

#include "child.h"
#include "report.h"
#include "status.h"

struct callgrind {
    int counts_fd;         /* what callgrind writes: memory, no file */
    char *words[12];       /* before the worker's own; ends in NULL */
    const char **launcher; /* the launcher's words and these */
};

/* Makes the words, behind those of `launcher`, which may be NULL.
 * STATUS_UNSUPPORTED where valgrind is not installed or this program cannot
 * be counted, STATUS_FAILED where no memory file can be made; `reason` tells.
 * callgrind_end follows either way. */
enum status callgrind_begin(struct callgrind *callgrind,
                            const char *const *launcher,
                            struct reason *reason);

/* Once the worker has ended: fills `instructions` of every sample of one that
 * ended well, which has failed where callgrind does not tell all of them. For
 * others the reason says that valgrind ran it. One that crashed before its
 * first phase was tried without valgrind (identify.c): it is unsupported. */
void callgrind_judge(const struct callgrind *callgrind, struct report *report,
                     struct ending *ending);

void callgrind_end(struct callgrind *callgrind);

/* The same from callgrind's text, which may be any bytes. */
enum status callgrind_read(const char *text, size_t length,
                           struct report *report, struct reason *reason);

#endif
