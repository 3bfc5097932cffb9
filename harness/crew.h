/* Processes of a workload, as the rest of the harness sees them. */
#ifndef GIVEBACK_CREW_H
#define GIVEBACK_CREW_H

#include <sys/types.h>

#include "workload.h"

/* The processes of a crew that was forked: 0 of one that was not, of none
 * (NULL), or that ended. `pids` stays the crew's. */
unsigned crew_pids(const struct crew *crew, const pid_t **pids);

#endif
