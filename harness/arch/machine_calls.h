/* How this machine makes a system call: one file per architecture, which
 * CMake picks. */
#ifndef GIVEBACK_MACHINE_CALLS_H
#define GIVEBACK_MACHINE_CALLS_H

#include <stdint.h>

struct machine_calls {
    /* AUDIT_ARCH_... of linux/audit.h, by which a filter knows it; 0: nobody
     * wrote this machine's file yet, and nothing below is there. */
    uint32_t audit;
    /* Makes a call; returns the kernel's result. */
    int64_t (*perform)(int64_t number, const uint64_t arguments[6]);
    /* The instruction pointer that a filter sees of `perform`. */
    const char *pointer;
    /* Of the context of a call that SIGSYS stopped (a ucontext_t): its
     * arguments, and the place of its result. */
    void (*read)(const void *context, uint64_t arguments[6]);
    void (*answer)(void *context, int64_t result);
};

extern const struct machine_calls machine_calls;

#endif
