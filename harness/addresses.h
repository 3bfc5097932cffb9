/* From what a user typed to complete addresses, one per cell: stars, lists,
 * ranges, and paths that begin where the user is. */
#ifndef GIVEBACK_ADDRESSES_H
#define GIVEBACK_ADDRESSES_H

#include "status.h"
#include "texts.h"

/* Appends the addresses of allocators that `text` stands for. STATUS_FAILED
 * with the reason where it has no sense. */
enum status expand_allocator(const char *text, struct texts *addresses,
                             struct reason *reason);

/* The same for a workload; '*' is every one. */
enum status expand_workload(const char *text, struct texts *addresses,
                            struct reason *reason);

#endif
