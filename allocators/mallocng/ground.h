/* What stands between musl's allocator and the process it is measured in.
 *
 * The library exports these beside malloc, free, calloc, realloc,
 * aligned_alloc and malloc_usable_size.
 */
#ifndef GIVEBACK_MALLOCNG_GROUND_H
#define GIVEBACK_MALLOCNG_GROUND_H

#include <stddef.h>

/* Before the first call: where the calling thread's errno is, and an
 * auxiliary vector (getauxval(3)) with AT_RANDOM, ending in two zeros; both
 * must stay until the process ends. */
void mallocng_begin(int *(*location)(void), const size_t *vector);

/* From now on there are several threads. musl does this when the first is
 * made, so that a process of one thread takes no locks. */
void mallocng_need_locks(void);

/* musl's version, as "1.2.3". */
const char *mallocng_version(void);

#endif
