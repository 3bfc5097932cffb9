/* Finds the call by which an unknown library gives free pages back. */
#ifndef GIVEBACK_SUPPORT_PURGE_PROBE_H
#define GIVEBACK_SUPPORT_PURGE_PROBE_H

#include "private_library.h"

/* A function for `struct allocator_calls.purge`, or NULL where the library
 * has none of the known calls of its own. One library per process. */
void (*purge_probe(const struct private_library *library))(void);

#endif
