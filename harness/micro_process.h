/* One process of `giveback micro`: an allocator under Google Benchmark. */
#ifndef GIVEBACK_MICRO_PROCESS_H
#define GIVEBACK_MICRO_PROCESS_H

#include "conduct.h"

struct micro_record;

/* How a process ended, and what it left. */
struct micro_process {
    struct ending ending;
    struct report report; /* a copy: identity and circumstances */
    struct micro_record *records;
    size_t record_count;
    char *errors; /* its standard error */
    char *output; /* its standard output where it was caught, else NULL */
};

/* Runs the micro-benchmarks that `flags` choose (a list that ends in NULL) on
 * one allocator, to the end. What they print goes to this program's standard
 * output, or with `catches` into the process. micro_process_free afterwards;
 * `process` is large: not on the stack. */
void micro_process_run(struct micro_process *process,
                       const struct conduct *conduct,
                       const struct planned_allocator *planned, uint64_t seed,
                       const char *const *flags, bool catches);

void micro_process_free(struct micro_process *process);

#endif
