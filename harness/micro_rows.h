/* The cells of a process of `giveback micro`, from what it left. */
#ifndef GIVEBACK_MICRO_ROWS_H
#define GIVEBACK_MICRO_ROWS_H

#include "micro_process.h"

/* Gives `cell` its figures, as samples of the process's report, and its
 * ending: one of a run that the process did not come to ends as the process
 * did. A sample is a repetition within the process, called `loop`; its
 * operations are iterations. */
void micro_cell_figures(const struct cell *cell, struct micro_process *process,
                        struct ending *ending);

#endif
