/* Whether the heap at the end of the program's data can grow. */
#ifndef GIVEBACK_SUPPORT_HEAP_ROOM_H
#define GIVEBACK_SUPPORT_HEAP_ROOM_H

#include <stdbool.h>

#include "status.h"

/* Whether 64 GiB of addresses are free above brk(2)'s end. Where a loader is
 * started by hand and addresses are not random, kernels may put the heap
 * between libraries; malloc would soon map memory instead, whose pages come
 * back by other rules, and the figures would be of another allocator. */
bool heap_has_room(void);

/* STATUS_UNSUPPORTED with the reason where it has not: for backends that take
 * memory of that heap. */
enum status heap_check(struct reason *reason);

#endif
