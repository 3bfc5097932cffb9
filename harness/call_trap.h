/* Traps chosen system calls of this process, performs each in the caller's
 * stead and tells an observer of it.
 *
 * A seccomp filter answers the chosen calls with SIGSYS; the handler performs
 * the call from the one address that the filter lets through, and puts the
 * result where the caller expects it. It needs no root, and sees what is
 * called by whichever way: interposing symbols misses every brk of glibc.
 * The filter holds for the thread that installs it and for all that it starts
 * from then on, processes included, and cannot be taken off.
 */
#ifndef GIVEBACK_CALL_TRAP_H
#define GIVEBACK_CALL_TRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

enum { TRAPPED_ARGUMENTS = 6, TRAPPED_CALLS_MAX = 16 };

/* A call that was performed. */
struct trapped_call {
    size_t which; /* its position among the numbers that were chosen */
    uint64_t arguments[TRAPPED_ARGUMENTS];
    int64_t result; /* the kernel's: -errno where it failed */
};

/* Runs inside the signal handler of any thread: async-signal-safe, and makes
 * none of the chosen calls but by call_trap_perform. */
typedef void call_observer(const struct trapped_call *call);

/* Traps `count` system calls, at most TRAPPED_CALLS_MAX, for the rest of this
 * process. STATUS_UNSUPPORTED with the reason where the machine's calls are
 * not known here or the kernel refuses. Once per process. */
enum status call_trap_install(const int *numbers, size_t count,
                              call_observer *observe, struct reason *reason);

/* Performs a call past the trap; returns the kernel's result. Only where
 * call_trap_install went well. */
int64_t call_trap_perform(int number,
                          const uint64_t arguments[TRAPPED_ARGUMENTS]);

#endif
