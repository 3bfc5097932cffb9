/* What the control groups of this process allow it.
 *
 * A limit holds for a group and for all below it, so every level counts from
 * the process's own group (/proc/self/cgroup) up to the root that is mounted
 * here. Both versions are read where systemd and containers mount them:
 * v2 at /sys/fs/cgroup or, beside v1, at /sys/fs/cgroup/unified, v1 at
 * /sys/fs/cgroup/memory and /sys/fs/cgroup/cpu.
 */
#ifndef GIVEBACK_CGROUP_H
#define GIVEBACK_CGROUP_H

#include <stddef.h>
#include <stdint.h>

/* UNKNOWN: no limit, or none that could be read. */
struct cgroup_limits {
    /* Of the level with the least room. Used is what it is billed less
     * inactive pages of files, which the kernel drops first. */
    uint64_t memory_limit_bytes, memory_used_bytes;
    /* Of the level with the least quota per period. */
    uint64_t cpu_quota_us, cpu_period_us;
};

void cgroup_read(struct cgroup_limits *limits);

/* How much more the process may take: limit less used; UNKNOWN without a
 * limit. */
uint64_t cgroup_memory_room(const struct cgroup_limits *limits);

/* The path of this process's group in the text of /proc/self/cgroup, with its
 * first slash: of the v1 hierarchy that has `controller`, or of v2 where that
 * is "". "/" where the text does not tell or leads out of what is mounted
 * here ("/.."). */
void cgroup_path(const char *text, const char *controller, char *path,
                 size_t capacity);

#endif
