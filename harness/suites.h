/* Named lists of workloads. */
#ifndef GIVEBACK_SUITES_H
#define GIVEBACK_SUITES_H

struct suite {
    const char *name, *summary;
    const char *workloads; /* a list as for -w */
};

extern const struct suite suites[]; /* the first is the default; ends in an
                                       empty row */

/* What `run` measures without -a. */
extern const char *const default_allocators;

#endif
