/* What the measurement ran on. */
#ifndef GIVEBACK_MACHINE_H
#define GIVEBACK_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "status.h"

/* Texts that could not be read are empty, numbers UNKNOWN. */
struct machine {
    char machine_id[65]; /* SHA-256 of the system's own id and our name */
    char cpu[128], kernel[128], libc[64], governor[32], virtualization[64];
    char features[17]; /* hash of the processor's, hexadecimal */
    char thp[16];      /* always, madvise, never */
    uint64_t cores, page_bytes, memory_bytes, available_bytes;
    uint64_t swap_bytes; /* in use */
    /* cgroup.h: of the level that allows least */
    uint64_t cgroup_memory_limit_bytes, cgroup_memory_used_bytes;
    uint64_t cgroup_cpu_quota_us, cgroup_cpu_period_us;
    uint64_t khugepaged_defrag, khugepaged_max_ptes_none;
    uint64_t aslr; /* kernel.randomize_va_space */
    /* Why the processor's counter of instructions cannot be used; empty: it
     * can. */
    struct reason counter_lacking;
    double load[3];             /* -1: unknown */
    int worker_cpu, parent_cpu; /* the CPUs with the fewest interrupts, for
                                   timing runs; -1: only one CPU */
};

void machine_read(struct machine *machine);

/* What the workers may hold together, bytes: nine tenths of what is available
 * and of the room that the control groups leave; UNKNOWN where neither is
 * told. */
uint64_t machine_memory_limit(const struct machine *machine);

#endif
