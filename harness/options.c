/* The command line of `giveback run`: a table. */
#include "options.h"

#include <argp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "resolve.h"
#include "suites.h"

enum value {
    FLAG,   /* a bool */
    NUMBER, /* a uint64_t within the row's range */
    TEXT,   /* a const char * */
    ITEMS,  /* struct texts; as typed, split later */
    WORDS,  /* struct texts; split at commas here, replaces the preset */
    SPACED, /* struct texts; split at spaces */
};

struct row {
    struct argp_option option;
    enum value value;
    size_t offset; /* in struct run_options */
    uint64_t minimum, maximum;
};

enum { KEY_FIRST = 0x100 };

#define FIELD(name) offsetof(struct run_options, name)

/* A row's key is its position: short options map to theirs. */
static const struct row rows[] = {
    {{"allocators", 'a', "LIST", 0,
      "allocators, separated by commas; may be repeated (without it: "
      "pymalloc:2.3, pymalloc:3.10, pymalloc:3.10+release=never, system, "
      "jemalloc, mimalloc)",
      0},
     ITEMS,
     FIELD(allocators),
     0,
     0},
    {{"workloads", 'w', "LIST", 0,
      "workloads, separated by commas; may be repeated (without it: those of "
      "the suite)",
      0},
     ITEMS,
     FIELD(workloads),
     0,
     0},
    {{"suite", 's', "NAME", 0,
      "a named list of workloads (default: headline, where there is no -w)",
      0},
     TEXT,
     FIELD(suite),
     0,
     0},
    {{"kind", 'k', "LIST", 0,
      "what is measured: memory, timing, stalls, traffic (default: "
      "memory,timing; of the suite stalls: stalls,traffic)",
      0},
     WORDS,
     FIELD(kinds),
     0,
     0},
    {{"after", KEY_FIRST, "LIST", 0,
      "regimes of memory runs after the drain: silent, tick, tick_same, "
      "tick_other (on another thread than the one that released); or "
      "tick+rate=N+mix=M, where N requests a second (0 to 100000) are mixed "
      "or of the workload's own size (default: silent,tick; with --full "
      "tick_same too)",
      0},
     WORDS,
     FIELD(regimes),
     0,
     0},
    {{"quick", 'q', NULL, 0,
      "regimes of 1 s instead of 10, one memory run of each cell, 6 pairs", 0},
     FLAG,
     FIELD(quick),
     0,
     0},
    {{"full", 'f', NULL, 0, "regimes of 30 s, tick_same too", 0},
     FLAG,
     FIELD(full),
     0,
     0},
    {{"repetitions", 'r', "N", 0,
      "runs of each cell of the kinds memory, stalls and traffic, each with a "
      "seed of its own (default: 3; with --quick 1)",
      0},
     NUMBER,
     FIELD(repetitions),
     1,
     10000},
    {{"pairs", 'p', "N", 0,
      "timing runs of each cell (default: 12; with --quick 6)", 0},
     NUMBER,
     FIELD(pairs),
     1,
     10000},
    {{"jobs", 'j', "N", 0,
      "memory runs whose regimes may overlap (default: 8, or as many as half "
      "of the available memory holds)",
      0},
     NUMBER,
     FIELD(jobs),
     1,
     64},
    {{"output", 'o', "FILE", 0,
      "where results go; it must not exist (default: "
      "giveback-DATE.jsonl in this folder)",
      0},
     TEXT,
     FIELD(output),
     0,
     0},
    {{"resume", KEY_FIRST + 1, NULL, 0,
      "go on with the interrupted run in -o FILE; its own command is taken "
      "from the file",
      0},
     FLAG,
     FIELD(resume),
     0,
     0},
    {{"dry-run", 'n', NULL, 0,
      "print the cells in their order and the estimate, measure nothing", 0},
     FLAG,
     FIELD(dry_run),
     0,
     0},
    {{"settle", KEY_FIRST + 4, "SECONDS", 0,
      "how long a regime lasts; its end is sampled too (default: 10; with "
      "--quick 1, with --full 30)",
      0},
     NUMBER,
     FIELD(settle_s),
     1,
     3600},
    {{"time-limit", 't', "SECONDS", 0,
      "for one process; then it is timed_out (default: 600)", 0},
     NUMBER,
     FIELD(time_limit_s),
     1,
     1000000},
    {{"seed", KEY_FIRST + 2, "N", 0,
      "of all that is random; repetition i uses seed + i (default: 1)", 0},
     NUMBER,
     FIELD(seed),
     0,
     INT64_MAX},
    {{"launcher", KEY_FIRST + 3, "WORDS", 0,
      "words to put before every worker's command, such as another loader or "
      "a tracer; the first is a path (default: none)",
      0},
     SPACED,
     FIELD(launcher),
     0,
     0},
};

enum { ROW_COUNT = sizeof rows / sizeof *rows };

static void replace_words(struct texts *texts, const char *list)
{
    texts_free(texts);
    texts_split(texts, list);
}

static void split_spaces(struct texts *texts, const char *words)
{
    while (*(words += strspn(words, " "))) {
        const size_t length = strcspn(words, " ");
        texts_add_part(texts, words, length);
        words += length;
    }
}

static void set_number(const struct row *row, const char *argument,
                       uint64_t *field, struct argp_state *state)
{
    uint64_t value = 0;
    if (!parse_integer(argument, &value) || value < row->minimum ||
        value > row->maximum) {
        argp_error(state,
                   "--%s=%s: not a whole number from %" PRIu64 " to %" PRIu64,
                   row->option.name, argument, row->minimum, row->maximum);
    }
    *field = value;
}

static void set_row(const struct row *row, char *argument,
                    struct argp_state *state)
{
    void *field = (char *)state->input + row->offset;
    switch (row->value) {
    case FLAG:
        *(bool *)field = true;
        break;
    case NUMBER:
        set_number(row, argument, field, state);
        break;
    case TEXT:
        *(const char **)field = argument;
        break;
    case ITEMS:
        texts_add(field, argument);
        break;
    case WORDS:
        replace_words(field, argument);
        break;
    case SPACED:
        split_spaces(field, argument);
        break;
    }
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    if (key == ARGP_KEY_ARG) {
        argp_error(state, "'%s': what is this? Options begin with '-'",
                   argument);
        return EINVAL;
    }
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (rows[i].option.key == key) {
            set_row(&rows[i], argument, state);
            return 0;
        }
    }
    return ARGP_ERR_UNKNOWN;
}

static void fill_presets(struct run_options *options)
{
    *options = (struct run_options){.jobs = 8, .seed = 1, .time_limit_s = 600};
}

/* A suite may bring the kinds that it is for. */
static const char *preset_kinds(const struct run_options *options)
{
    const struct suite *suite =
        options->suite ? find_suite(options->suite) : NULL;
    return suite && suite->kinds ? suite->kinds : default_kinds;
}

void options_parse(struct run_options *options, int argc, char **argv)
{
    static struct argp_option table[ROW_COUNT + 1];
    static const struct argp argp = {
        .options = table,
        .parser = parse_option,
        .doc = "Runs every cell of allocator x workload x repetition in a "
               "process of its own and ends with a table.\v"
               "An allocator is [alias=]name[@version][:variant][+key=value], "
               "or alias=/path/lib.so[:prefix] for any library; a star for "
               "its name, version or variant stands for all there are. A "
               "workload is name[+key=value...]; a value may "
               "be a list {a,b} or a range 100..10000*10. `giveback list` "
               "shows the names.\n\n"
               "Exits 0 when every cell is ok or unsupported, 1 when any "
               "failed, 2 on wrong usage, 130 when interrupted.",
    };
    for (size_t i = 0; i < ROW_COUNT; i++) {
        table[i] = rows[i].option;
    }
    fill_presets(options);
    argp_err_exit_status = EXIT_USAGE;
    if (argp_parse(&argp, argc, argv, 0, NULL, options) != 0) {
        exit(EXIT_USAGE);
    }
    if (options->repetitions == 0) {
        options->repetitions = options->quick ? 1 : 3;
    }
    if (options->pairs == 0) {
        options->pairs = options->quick ? 6 : 12;
    }
    if (options->kinds.count == 0) {
        texts_split(&options->kinds, preset_kinds(options));
    }
    if (options->regimes.count == 0) {
        texts_split(&options->regimes,
                    options->full ? "silent,tick,tick_same" : "silent,tick");
    }
}

void options_free(struct run_options *options)
{
    texts_free(&options->allocators);
    texts_free(&options->workloads);
    texts_free(&options->kinds);
    texts_free(&options->regimes);
    texts_free(&options->launcher);
}
