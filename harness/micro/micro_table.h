/* The table of micro-benchmarks that the build generates. */
#ifndef GIVEBACK_MICRO_TABLE_H
#define GIVEBACK_MICRO_TABLE_H

#include "micro.h"

/* Ends in NULL. */
extern const struct micro *const micros[];

#endif
