/* How long a cell takes, before any has run. */
#ifndef GIVEBACK_GUESS_H
#define GIVEBACK_GUESS_H

#include <stdint.h>

#include "matrix.h"

/* Seconds of `cell` in which nothing else may run: start, builds, drain and
 * tail by the workload's effort, not the regime. The constants are of one
 * machine (guess.c); the pace of a run corrects them once cells have ended. */
double guess_alone_s(const struct cell *cell);

#endif
