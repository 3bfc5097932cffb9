/* The worker's main: `PROGRAM cell key=value... [-- WORD...]`, started by
 * child.c. */
#ifndef GIVEBACK_WORKER_H
#define GIVEBACK_WORKER_H

#include "run.h"

/* What a worker is there for: leaves everything in the report, `complete`
 * last. run_cell (run.h) is one. */
typedef void worker_body(const struct cell_parts *parts,
                         struct report *report);

/* Hands the cell that the arguments describe to `body` and does not return:
 * exit handlers are not run, for an allocator's could change nothing any more
 * but the exit status. */
__attribute__((noreturn)) void worker_main(int argc, char **argv,
                                           worker_body *body);

#endif
