/* A memory cgroup of one worker's own: the kernel says what it bills.
 *
 * What a process is billed is not what is resident in it: of a huge page
 * whose parts were given back all is billed. A group needs root or a
 * delegated folder; where none can be made the figure is unknown.
 *
 * Invariant: a group that was made is removed, by memory_group_remove or,
 * where the run was killed, by memory_group_sweep of the next one.
 */
#ifndef GIVEBACK_MEMORY_GROUP_H
#define GIVEBACK_MEMORY_GROUP_H

enum { GROUP_PATH_BYTES = 2048 };

struct memory_group {
    char folder[GROUP_PATH_BYTES];
    char procs[GROUP_PATH_BYTES];  /* whoever writes 0 here moves in */
    char billed[GROUP_PATH_BYTES]; /* holds the bytes that are billed */
};

/* Makes a group below this process's own, so that every limit above holds
 * for it too; in cgroup v2, where a group with processes has no groups below,
 * beside its own if that has no limit. NULL where none can be made. The
 * caller ends it with memory_group_remove. */
struct memory_group *memory_group_make(void);

/* Removes the group and frees it; NULL is none. The worker has ended; what
 * it left behind is ended here. */
void memory_group_remove(struct memory_group *group);

/* Removes what killed runs left where memory_group_make would make one. */
void memory_group_sweep(void);

#endif
