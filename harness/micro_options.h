/* The command line of `giveback micro`. */
#ifndef GIVEBACK_MICRO_OPTIONS_H
#define GIVEBACK_MICRO_OPTIONS_H

#include "matrix.h"

struct micro_options {
    struct run_options run; /* what is common with `run`; the rest is empty */
    char **flags;           /* of Google Benchmark; ends in NULL */
    size_t flag_count;
};

/* Fills `options` with the presets and what `argv` says; argv[0] is the name
 * to show. Ends the program with EXIT_USAGE where that has no sense, and after
 * --help. Texts from argv are not copied. */
void micro_options_parse(struct micro_options *options, int argc, char **argv);

/* Frees what the options own. */
void micro_options_free(struct micro_options *options);

/* The value of a flag, "" where it has none; NULL: it was not given. The last
 * one counts. */
const char *micro_flag(const struct micro_options *options, const char *name);

/* Whether a flag that is on or off is on. */
bool micro_flag_is_on(const struct micro_options *options, const char *name);

#endif
