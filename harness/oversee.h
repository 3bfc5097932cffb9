/* A worker that runs alone, watched to its end. */
#ifndef GIVEBACK_OVERSEE_H
#define GIVEBACK_OVERSEE_H

#include "conduct.h"

/* Waits for the worker's end and judges it (child_collect). One that takes
 * longer than the time limit, or more memory than the machine has for it, is
 * ended, and that is then its outcome; `wanted` says what it was not by then:
 * "ready". */
void oversee(const struct conduct *conduct, struct child *child,
             const char *wanted, struct ending *ending);

#endif
