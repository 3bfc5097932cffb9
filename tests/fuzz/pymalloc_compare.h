/* An instance against its model: what it asked for and logged in a call, its
 * statistics, its snapshot. Whatever differs ends the program. */
#ifndef GIVEBACK_FUZZ_PYMALLOC_COMPARE_H
#define GIVEBACK_FUZZ_PYMALLOC_COMPARE_H

#include "pymalloc.h"
#include "pymalloc_model.h"

/* The events of one call, which are forgotten then. `logged` is how many the
 * log had before. */
void compare_events(struct model *model, struct pymalloc_event_log *log);

void compare_statistics(const struct model *model,
                        const struct pymalloc *heap);
void compare_snapshot(const struct model *model, const struct pymalloc *heap);

#endif
