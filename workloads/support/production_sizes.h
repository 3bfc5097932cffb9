/* Block sizes and lifetimes of a server in production: a small fit.
 *
 * The sizes are those of google/fleetbench, fleetbench/tcmalloc/distributions/
 * Tcmalloc_0.csv, which has three columns: size, allocations, live objects.
 * The shares of its ranges were added up and rounded to 1 in 10,000; within a
 * range sizes are equally likely multiples of 8. Left out is what is larger
 * than 64 KiB: less than 2 in 10,000 allocations and 1 in 10,000 live objects.
 *
 * Lifetimes have two modes and nothing between: a request's own objects, gone
 * after a few more allocations, and what a server keeps. The profile has no
 * lifetimes; the share and the two borders are this project's model.
 */
#ifndef GIVEBACK_SUPPORT_PRODUCTION_SIZES_H
#define GIVEBACK_SUPPORT_PRODUCTION_SIZES_H

#include "size_mix.h"

enum {
    SHORT_LIVED_PERCENT = 45,      /* of the allocations */
    SHORT_LIFE_ALLOCATIONS = 16,   /* the longest of a short life */
    LONG_LIFE_ALLOCATIONS = 16000, /* the shortest of a long one */
};

extern const struct size_range production_allocated[]; /* second column */
extern const struct size_range production_live[];      /* third column */

#endif
