/* Threads of a workload, as the rest of the harness sees them. */
#ifndef GIVEBACK_THREADS_H
#define GIVEBACK_THREADS_H

#include "workload.h"

/* Which thread of the run this is: 0 the main thread, then the members of all
 * teams in the order of their making. The same in every run of a workload. */
unsigned thread_number(void);

/* A team beside those of the workload: it takes its members' random streams
 * from `random`, so that the workload's own are as they were. */
struct team *team_make(struct run *run, unsigned count, size_t scratch_bytes,
                       struct random *random);

/* As team_run, by the first member alone; the others stay parked. */
enum status team_run_first(struct run *run, struct team *team, team_body *body,
                           void *context);

#endif
