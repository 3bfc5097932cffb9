/* The calls of C's malloc family as binding rows, for backends whose library
 * exports them under a prefix. */
#ifndef GIVEBACK_SUPPORT_STANDARD_CALLS_H
#define GIVEBACK_SUPPORT_STANDARD_CALLS_H

#include "private_library.h"

/* alloc and release are required, the rest optional. Binds into a
 * `struct allocator_calls`. */
extern const struct private_binding standard_calls[];

#endif
