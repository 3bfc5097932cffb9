/* The command line of `giveback micro`. */
#include "micro_options.h"

#include <argp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "resolve.h"

enum {
    KEY_RESUME = 0x100,
    KEY_SEED,
    PAIRS_MAX = 10000,
    TIME_LIMIT_MAX_S = 1000000,
};

static const struct argp_option rows[] = {
    {"allocators", 'a', "LIST", 0,
     "allocators, as `giveback run` takes them (default: null, system, "
     "jemalloc, mimalloc, pymalloc:3.10)",
     0},
    {"pairs", 'p', "N", 0,
     "processes of each allocator, in blocks of random order (default: 1; "
     "compare wants 6 or more)",
     0},
    {"output", 'o', "FILE", 0,
     "where rows go; it must not exist (default: giveback-micro-DATE.jsonl "
     "in this folder)",
     0},
    {"resume", KEY_RESUME, NULL, 0,
     "go on with the interrupted run in -o FILE; the rest of the command is "
     "typed again",
     0},
    {"time-limit", 't', "SECONDS", 0,
     "for one process; then it is timed_out (default: 600)", 0},
    {"seed", KEY_SEED, "N", 0,
     "of all that is random; block i uses seed + i (default: 1)", 0},
    {NULL, 0, NULL, 0, NULL, 0},
};

static uint64_t read_number(const char *argument, uint64_t least,
                            uint64_t most, struct argp_state *state)
{
    uint64_t value = 0;
    if (!parse_integer(argument, &value) || value < least || value > most) {
        argp_error(state,
                   "'%s': not a whole number from %" PRIu64 " to %" PRIu64,
                   argument, least, most);
    }
    return value;
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    struct run_options *run = state->input;
    switch (key) {
    case 'a':
        texts_add(&run->allocators, argument);
        return 0;
    case 'p':
        run->pairs = read_number(argument, 1, PAIRS_MAX, state);
        return 0;
    case 'o':
        run->output = argument;
        return 0;
    case KEY_RESUME:
        run->resume = true;
        return 0;
    case 't':
        run->time_limit_s = read_number(argument, 1, TIME_LIMIT_MAX_S, state);
        return 0;
    case KEY_SEED:
        run->seed = read_number(argument, 0, INT64_MAX, state);
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "'%s': what is this? Options begin with '-'",
                   argument);
        return EINVAL;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* Where `argv` has "--"; argc where it has none. */
static int end_of_ours(int argc, char **argv)
{
    int end = 1;
    while (end < argc && strcmp(argv[end], "--") != 0) {
        end++;
    }
    return end;
}

__attribute__((noreturn)) static void refuse(const char *what,
                                             const char *flag)
{
    (void)fprintf(stderr, "giveback micro: %s: %s\n", flag, what);
    exit(EXIT_USAGE);
}

static void check_flags(int end, char **argv,
                        const struct micro_options *options)
{
    for (int i = 1; i < end; i++) {
        if (strncmp(argv[i], "--benchmark_", 12) == 0) {
            refuse("Google Benchmark's flags stand behind --", argv[i]);
        }
    }
    if (micro_flag_is_on(options, "benchmark_enable_random_interleaving")) {
        refuse("threads would come before what has none, and after a thread "
               "malloc may be slower for good: random order is that of "
               "processes, --pairs N",
               "--benchmark_enable_random_interleaving");
    }
    if (options->flag_count > CHILD_WORDS_MAX - 2) {
        refuse("more flags than it takes", options->flags[0]);
    }
}

void micro_options_parse(struct micro_options *options, int argc, char **argv)
{
    static const struct argp argp = {
        .options = rows,
        .parser = parse_option,
        .args_doc = "[-- --benchmark_...]",
        .doc =
            "Runs the micro-benchmarks by Google Benchmark, one process per "
            "allocator, and writes its figures as rows of kind micro.\v"
            "What stands behind -- is Google Benchmark's: "
            "--benchmark_filter=REGEX, --benchmark_min_time=SECONDS, "
            "--benchmark_list_tests, --benchmark_out=FILE and all others; "
            "`-- --help` tells them.\n\n"
            "Exits 0 when every cell is ok or unsupported, 1 when any "
            "failed, 2 on wrong usage.",
    };
    const int end = end_of_ours(argc, argv);
    *options = (struct micro_options){
        .run = {.jobs = 1,
                .seed = 1,
                .pairs = 1,
                .repetitions = 1,
                .time_limit_s = 600},
        .flags = end < argc ? argv + end + 1 : argv + argc,
        .flag_count = end < argc ? (size_t)(argc - end - 1) : 0,
    };
    check_flags(end, argv, options);
    argp_err_exit_status = EXIT_USAGE;
    if (argp_parse(&argp, end, argv, 0, NULL, &options->run) != 0) {
        exit(EXIT_USAGE);
    }
    if (options->run.resume && !options->run.output) {
        refuse("name the file to go on with: -o FILE", "--resume");
    }
}

void micro_options_free(struct micro_options *options)
{
    texts_free(&options->run.allocators);
}

const char *micro_flag(const struct micro_options *options, const char *name)
{
    const size_t length = strlen(name);
    const char *value = NULL;
    for (size_t i = 0; i < options->flag_count; i++) {
        const char *flag = options->flags[i];
        if (strncmp(flag, "--", 2) == 0 &&
            strncmp(flag + 2, name, length) == 0 &&
            (flag[2 + length] == '=' || flag[2 + length] == '\0')) {
            value = flag + 2 + length + (flag[2 + length] == '=');
        }
    }
    return value;
}

bool micro_flag_is_on(const struct micro_options *options, const char *name)
{
    /* As Google Benchmark reads them: what is none of these is on. */
    static const char *const off[] = {"0",   "f",     "F",     "n",    "N",
                                      "no",  "No",    "NO",    "off",  "Off",
                                      "OFF", "false", "False", "FALSE"};
    const char *value = micro_flag(options, name);
    for (size_t i = 0; value && i < sizeof off / sizeof *off; i++) {
        if (strcmp(value, off[i]) == 0) {
            return false;
        }
    }
    return value != NULL;
}
