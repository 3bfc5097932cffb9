/* python_recorder: runs a Python program in a libpython of the user's choice
 * and writes every call to its object allocator into a trace.
 *
 * It exits as the program does. Its own failures are 125 (there is no trace),
 * 126 (that libpython cannot be used) and 127 (there is none), as env's and
 * timeout's are, and 2 for wrong usage.
 */
#include <argp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hooks.h"
#include "python.h"

enum {
    EXIT_USAGE = 2,
    EXIT_NO_TRACE = 125,
    EXIT_UNUSABLE = 126,
    EXIT_NOT_FOUND = 127,
};

/* What was typed. */
struct arguments {
    const char *libpython, *output;
    size_t misalignment;
    char **words; /* Python's, without argv[0] */
    size_t word_count;
};

static struct arguments arguments;

static const struct argp_option options[] = {
    {"output", 'o', "TRACE", 0, "where to write (required)", 0},
    {"libpython", 'l', "PATH", 0,
     "the interpreter (default: GIVEBACK_LIBPYTHON, else an installed one)",
     0},
    {"misalignment", 'm', "BYTES", 0,
     "where arenas begin behind a pool boundary: a multiple of 16; more than "
     "0 costs each arena a pool (default: 0)",
     0},
    {0},
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    char *end = NULL;
    switch (key) {
    case 'o':
        arguments.output = value;
        return 0;
    case 'l':
        arguments.libpython = value;
        return 0;
    case 'm':
        arguments.misalignment = strtoull(value, &end, 10);
        if (*value < '0' || *value > '9' || *end != '\0') {
            argp_error(state, "--misalignment=%s: not a whole number", value);
        }
        return 0;
    case ARGP_KEY_ARGS:
        arguments.words = state->argv + state->next;
        arguments.word_count = (size_t)(state->argc - state->next);
        return 0;
    case ARGP_KEY_END:
        if (!arguments.output || arguments.word_count == 0) {
            argp_error(state, "give a trace to write and a program to run: "
                              "-o TRACE -- SCRIPT.py");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = options,
    .parser = parse_option,
    .args_doc = "-- PYTHON-ARGUMENTS...",
    .doc = "Runs a Python program and records every call to its object "
           "allocator."
           "\vPYTHON-ARGUMENTS are what would follow `python3`: a script with "
           "its arguments, -c CODE, -m MODULE. PYTHONHASHSEED is set to 0 "
           "where it is not set, so that sets and dicts are the same each "
           "time. A forked child, and a program started from the script, are "
           "not recorded.\n\n"
           "Exits as the program does; with 125 when there is no trace, 126 "
           "when that libpython cannot be used, 127 when there is none.",
};

/* Called by exit(), which Python calls itself for sys.exit() in a script. */
static void end_recording(void)
{
    struct python_trace_totals totals;
    struct reason reason = {""};
    if (hooks_in_child()) {
        return;
    }
    if (hooks_finish(&totals, &reason) != STATUS_OK) {
        (void)fflush(stdout);
        (void)fprintf(stderr, "python_recorder: recording %s: %s\n",
                      arguments.output, reason.text);
        _exit(EXIT_NO_TRACE);
    }
    (void)fprintf(stderr,
                  "python_recorder: %s: %" PRIu64 " calls, at most %" PRIu64
                  " blocks, %" PRIu64 " arenas taken, %" PRIu64
                  " given back\n",
                  arguments.output, totals.calls, totals.blocks,
                  totals.arenas_taken, totals.arenas_given);
}

/* Nothing that changes the allocator, and nothing left to chance. */
static void set_environment(void)
{
    (void)unsetenv("PYTHONMALLOC");
    (void)unsetenv("PYTHONDEVMODE");
    (void)setenv("PYTHONHASHSEED", "0", 0);
}

static int run(struct python *python)
{
    const size_t count = arguments.word_count + 1;
    char **words = calloc(count + 1, sizeof *words);
    if (!words) {
        (void)fputs("python_recorder: out of memory\n", stderr);
        return EXIT_NO_TRACE;
    }
    words[0] = python->program;
    memcpy(words + 1, arguments.words,
           arguments.word_count * sizeof *arguments.words);
    const int status = python->bytes_main((int)count, words);
    free(words);
    return status;
}

int main(int argc, char **argv)
{
    static struct python python;
    struct reason reason = {""};
    argp_err_exit_status = EXIT_USAGE;
    /* In order: what follows the first word is Python's. */
    if (argp_parse(&parser, argc, argv, ARGP_IN_ORDER, NULL, NULL) != 0) {
        return EXIT_USAGE;
    }
    set_environment();
    const enum status status =
        python_open(&python, arguments.libpython, &reason);
    if (status != STATUS_OK) {
        (void)fprintf(stderr, "python_recorder: loading libpython: %s\n",
                      reason.text);
        return status == STATUS_UNSUPPORTED ? EXIT_NOT_FOUND : EXIT_UNUSABLE;
    }
    if (hooks_install(&python, arguments.output, arguments.misalignment,
                      &reason) != STATUS_OK) {
        (void)fprintf(stderr, "python_recorder: %s\n", reason.text);
        return EXIT_NO_TRACE;
    }
    if (atexit(end_recording) != 0) {
        (void)fputs("python_recorder: atexit failed\n", stderr);
        return EXIT_NO_TRACE;
    }
    return run(&python);
}
