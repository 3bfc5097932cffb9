/* Sizes of the requests that Python programs make: a small fit.
 *
 * Shares of requests, as recordings of interpreters give them
 * (docs/traces.md): 48 bytes 35 %, 64 bytes 18 %, 16 bytes 13 %, 240 to 256
 * bytes 17 %. Requests up to 512 bytes, which pymalloc serves itself, are 90
 * to 99 % of all, and those above ask for 23 to 63 % of the bytes: here 95.5 %
 * and about 51 %. Within a range sizes are equally likely multiples of 8.
 */
#ifndef GIVEBACK_SUPPORT_PYTHON_SIZES_H
#define GIVEBACK_SUPPORT_PYTHON_SIZES_H

#include "size_mix.h"

extern const struct size_range python_sizes[];

#endif
