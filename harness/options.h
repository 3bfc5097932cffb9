/* The command line of `giveback run`: a table. */
#ifndef GIVEBACK_OPTIONS_H
#define GIVEBACK_OPTIONS_H

#include "matrix.h"

enum { EXIT_USAGE = 2 };

/* Fills `options` with the presets and what `argv` says; argv[0] is the name
 * to show. Ends the program with EXIT_USAGE where that has no sense and
 * after --help. Texts from argv are not copied. */
void options_parse(struct run_options *options, int argc, char **argv);

/* Frees what the options own. */
void options_free(struct run_options *options);

#endif
