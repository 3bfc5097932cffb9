/* Whether an allocator may run a cell at all. */
#ifndef GIVEBACK_ADMISSION_H
#define GIVEBACK_ADMISSION_H

#include "run.h"
#include "workload.h"

/* Of the attached allocator: what it declares and what its calls offer. */
unsigned run_capabilities(const struct run *run);

/* STATUS_UNSUPPORTED, reason written, where the kind or the allocator lacks
 * what the workload or the regime needs. */
enum status admit_needs(struct run *run);

/* A fetched version says which it must be; a library that tells less of
 * itself than its package, or nothing, is believed. Not OK, reason written,
 * where it is another than was asked for. */
enum status admit_version(struct run *run);

#endif
