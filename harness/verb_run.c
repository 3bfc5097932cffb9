/* giveback run: plan, measure, record, show. */
#include "verbs.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "caveats.h"
#include "conduct.h"
#include "options.h"
#include "printable.h"

enum { EXIT_INTERRUPTED = 130 };

/* A path or a file's own words may stand in a reason. */
static int fail(struct reason *reason)
{
    make_printable(reason->text);
    (void)fprintf(stderr, "giveback run: %s\n", reason->text);
    return EXIT_USAGE;
}

/* With --resume the file's own command counts. What else was typed beside
 * --resume must lead to the same plan, which record_resume checks. */
static enum status take_recorded(struct run_options *options,
                                 struct texts *command, struct reason *reason)
{
    if (!options->output) {
        return explain(reason, STATUS_FAILED,
                       "--resume: name the file to go on with: -o FILE");
    }
    const enum status status =
        record_command(options->output, command, reason);
    return status == STATUS_OK && command->count > 1 &&
                   strcmp(command->items[1], "run") != 0
               ? explain(reason, STATUS_FAILED,
                         "%.300s was begun by `giveback %.20s`: go on with "
                         "that",
                         options->output, command->items[1])
               : status;
}

/* Without other options --resume repeats the recorded command. */
static bool only_resume(const struct run_options *options)
{
    return !options->allocators.count && !options->workloads.count &&
           !options->suite && !options->quick && !options->full &&
           !options->launcher.count;
}

/* A result file may come from anywhere. Its command may not choose what is
 * executed or loaded here: such a command has to be typed again. */
static enum status check_recorded(const struct run_options *recorded,
                                  struct reason *reason)
{
    const char *what = recorded->launcher.count ? "a launcher" : NULL;
    for (size_t i = 0; i < recorded->allocators.count && !what; i++) {
        what = strchr(recorded->allocators.items[i], '/')
                   ? "a library by its path"
                   : NULL;
    }
    return what ? explain(reason, STATUS_FAILED,
                          "the file's own command names %s, which is not "
                          "taken from a file: type the command again, with "
                          "--resume",
                          what)
                : STATUS_OK;
}

/* Cells behind another launcher, or behind none, are not of the same run:
 * nothing in them tells. */
static enum status check_typed(const struct run_options *typed,
                               const struct run_options *recorded,
                               struct reason *reason)
{
    const struct texts *ours = &typed->launcher;
    const struct texts *theirs = &recorded->launcher;
    bool same = ours->count == theirs->count;
    for (size_t i = 0; same && i < ours->count; i++) {
        same = strcmp(ours->items[i], theirs->items[i]) == 0;
    }
    return same ? STATUS_OK
                : explain(reason, STATUS_FAILED,
                          "%.300s began with another --launcher: resume with "
                          "the command that began it",
                          typed->output);
}

static enum status reparse(struct run_options *options, struct texts *command,
                           struct reason *reason)
{
    struct run_options recorded;
    if (take_recorded(options, command, reason) != STATUS_OK) {
        return STATUS_FAILED;
    }
    if (command->count < 2) {
        return STATUS_OK; /* a name alone: what was typed is all there is */
    }
    options_parse(&recorded, (int)command->count - 1, command->items + 1);
    const bool repeated = only_resume(options);
    const enum status status = repeated
                                   ? check_recorded(&recorded, reason)
                                   : check_typed(options, &recorded, reason);
    if (!repeated || status != STATUS_OK) {
        options_free(&recorded);
        return status;
    }
    recorded.output = options->output;
    recorded.dry_run = options->dry_run;
    recorded.resume = true;
    options_free(options);
    *options = recorded;
    return STATUS_OK;
}

static const char *default_output(void)
{
    static char path[64];
    struct tm fields;
    const time_t now = time(NULL);
    (void)strftime(path, sizeof path, "giveback-%Y-%m-%dT%H%M%SZ.jsonl",
                   gmtime_r(&now, &fields));
    return path;
}

static void warn(const struct machine *machine, const struct plan *plan)
{
    caveats_print(machine);
    for (size_t i = 0; i < plan->allocator_count; i++) {
        const struct planned_allocator *planned = &plan->allocators[i];
        if (planned->ending.outcome != OUTCOME_OK) {
            (void)fprintf(stderr, "giveback run: %s: %s: %s\n",
                          planned->chosen.label,
                          outcome_names[planned->ending.outcome],
                          planned->ending.reason.text);
        }
    }
}

static enum status open_record(const struct conduct *conduct,
                               const struct run_facts *facts,
                               struct reason *reason)
{
    const struct run_options *options = conduct->options;
    return options->resume ? record_resume(conduct->record, options->output,
                                           conduct->plan, facts, reason)
                           : record_create(conduct->record, options->output,
                                           conduct->plan, facts, reason);
}

static int show(const char *path)
{
    char *const arguments[] = {(char *)(uintptr_t)path, NULL};
    (void)fflush(stdout);
    return python_verb("show", arguments);
}

/* What is not taken from a file has to be typed again. */
static const char *how_to_go_on(const struct conduct *conduct)
{
    struct reason why_not;
    return check_recorded(conduct->options, &why_not) == STATUS_OK
               ? "go on with: giveback run --resume -o "
               : "go on with the same command and --resume, into ";
}

static int conclude(const struct conduct *conduct,
                    const struct conclusion *conclusion)
{
    const char *path = conduct->record->path;
    record_close(conduct->record);
    if (conclusion->status != STATUS_OK) {
        (void)fprintf(stderr, "giveback run: %s%s%s%s\n",
                      conclusion->reason.text, path ? "; " : "",
                      path ? how_to_go_on(conduct) : "", path ? path : "");
        return EXIT_FAILURE;
    }
    if (conclusion->interrupted) {
        (void)fprintf(stderr,
                      "giveback run: interrupted after %zu of %zu cells, "
                      "which are kept; %s%s\n",
                      conduct->progress->done, conduct->progress->total,
                      how_to_go_on(conduct), path);
        return EXIT_INTERRUPTED;
    }
    const int shown = show(path);
    (void)fprintf(stderr, "giveback run: results are in %s\n", path);
    return conclusion->failed || shown != 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* What would run, a line per cell. */
static int print_plan(const struct conduct *conduct)
{
    struct progress progress;
    const struct plan *plan = conduct->plan;
    progress_begin(&progress, plan, conduct->options->jobs);
    for (size_t i = 0; i < plan->cell_count; i++) {
        const struct cell *cell = &plan->cells[i];
        (void)printf("block %u position %u: %s %s %s %s, seed %" PRIu64 "\n",
                     cell->block, cell->position, cell->kind->name,
                     cell->after ? cell->after : "-", cell->workload->typed,
                     cell->allocator->chosen.label, cell->seed);
    }
    (void)printf("%zu cells, about %.0f s\n", plan->cell_count,
                 progress_seconds_left(&progress));
    return EXIT_SUCCESS;
}

/* A reader that goes away and a file at its limit are errors of a call, to be
 * told or borne, and no reason to die between two cells. */
static void outlive_outputs(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
}

static int measure(struct conduct *conduct, const struct run_facts *facts)
{
    struct reason reason;
    outlive_outputs();
    conduct_identify(conduct);
    warn(conduct->machine, conduct->plan);
    if (open_record(conduct, facts, &reason) != STATUS_OK) {
        return fail(&reason);
    }
    progress_begin(conduct->progress, conduct->plan, conduct->options->jobs);
    (void)fprintf(stderr, "giveback run: %zu cells, about %.0f s, into %s\n",
                  conduct->progress->total - conduct->progress->done,
                  progress_seconds_left(conduct->progress),
                  conduct->options->output);
    const struct conclusion conclusion = conduct_run(conduct);
    progress_end(conduct->progress);
    return conclude(conduct, &conclusion);
}

/* What was planned, from the machine's look to the table. */
static int carry_out(struct run_options *options, struct plan *plan, int argc,
                     char **argv)
{
    struct machine machine;
    struct record record = {.fd = -1};
    struct progress progress;
    options->output = options->output ? options->output : default_output();
    machine_read(&machine);
    /* A list that ends in NULL. */
    const char **launcher =
        must_allocate(options->launcher.count + 1, sizeof *launcher);
    for (size_t i = 0; i < options->launcher.count; i++) {
        launcher[i] = options->launcher.items[i];
    }
    struct conduct conduct = {
        .plan = plan,
        .record = &record,
        .progress = &progress,
        .machine = &machine,
        .options = options,
        .program = program_path(),
        .launcher = launcher,
        .memory_limit_bytes = machine_memory_limit(&machine),
    };
    const struct run_facts facts = {.verb = "run",
                                    .options = options,
                                    .machine = &machine,
                                    .argc = argc,
                                    .argv = argv,
                                    .memory_limit_bytes =
                                        conduct.memory_limit_bytes};
    const int exit_status =
        options->dry_run ? print_plan(&conduct) : measure(&conduct, &facts);
    free(launcher);
    return exit_status;
}

int verb_run(int argc, char **argv)
{
    struct run_options options;
    struct texts command = {NULL, 0};
    struct reason reason;
    struct plan plan = {.cells = NULL};
    options_parse(&options, argc, argv);
    enum status status =
        options.resume ? reparse(&options, &command, &reason) : STATUS_OK;
    if (status == STATUS_OK) {
        status = plan_make(&options, &plan, &reason);
    }
    const int exit_status = status == STATUS_OK
                                ? carry_out(&options, &plan, argc, argv)
                                : fail(&reason);
    texts_free(&command);
    plan_free(&plan);
    options_free(&options);
    return exit_status;
}
