/* Workloads' addresses with the files in them: a relative path begins where
 * the user is, not where the worker will be.
 */
#ifndef GIVEBACK_WORKLOAD_FILES_H
#define GIVEBACK_WORKLOAD_FILES_H

#include "status.h"
#include "texts.h"

/* As expand_address; then every value of a parameter that names a file and
 * holds a slash is an absolute path. */
enum status expand_workload(const char *text, struct texts *addresses,
                            struct reason *reason);

#endif
