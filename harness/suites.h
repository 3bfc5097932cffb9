/* Named lists of workloads. */
#ifndef GIVEBACK_SUITES_H
#define GIVEBACK_SUITES_H

struct suite {
    const char *name, *summary;
    const char *workloads; /* a list as for -w */
    const char *kinds;     /* as for -k, where there is none; NULL: preset */
};

extern const struct suite suites[]; /* the first is the default; ends in an
                                       empty row */

/* The suite of that name, or NULL. */
const struct suite *find_suite(const char *name);

/* What `run` measures without -k, unless the suite says otherwise. */
extern const char *const default_kinds;

/* What `run` measures without -a. */
extern const char *const default_allocators;

#endif
