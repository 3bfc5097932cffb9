/* giveback micro: Google Benchmark on each allocator, one process each. */
#include "verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "caveats.h"
#include "micro_options.h"
#include "micro_plan.h"
#include "micro_process.h"
#include "micro_rows.h"
#include "options.h"
#include "printable.h"
#include "relative_paths.h"

static const char default_list[] =
    "null,system,jemalloc,mimalloc,pymalloc:3.10";

/* All of one `giveback micro`. */
struct campaign {
    struct micro_options options;
    struct micro_plan planned;
    struct machine machine;
    struct record record;
    struct conduct conduct;
    struct texts names; /* of the runs that the flags choose */
    char program[PATH_MAX];
    char **out; /* --benchmark_out as an absolute path, in one text */
    struct texts out_store;
    struct micro_process process;
    bool failed, told; /* told: Google Benchmark's words on the host */
};

static int fail(struct reason *reason)
{
    make_printable(reason->text);
    (void)fprintf(stderr, "giveback micro: %s\n", reason->text);
    return EXIT_USAGE;
}

/* ---- what is there -------------------------------------------------------
 */

static enum status find_program(struct campaign *micro, struct reason *reason)
{
    const char *own = program_path();
    const int folder = (int)(strrchr(own, '/') - own);
    (void)snprintf(micro->program, sizeof micro->program,
                   "%.*s/giveback-micro", folder, own);
    return access(micro->program, X_OK) == 0
               ? STATUS_OK
               : explain(reason, STATUS_FAILED,
                         "this giveback was built without Google Benchmark: "
                         "install libbenchmark-dev and g++ (scripts/setup "
                         "does) and build again");
}

/* The flags of the user without --benchmark_out, and `last`. */
static const char **flags_with(const struct campaign *micro, const char *last)
{
    const struct micro_options *options = &micro->options;
    const char **flags = must_allocate(options->flag_count + 2, sizeof *flags);
    size_t count = 0;
    for (size_t i = 0; i < options->flag_count; i++) {
        if (strncmp(options->flags[i], "--benchmark_out=", 16) != 0) {
            flags[count++] = options->flags[i];
        }
    }
    flags[count] = last;
    return flags;
}

static void split_lines(struct texts *texts, const char *text)
{
    while (*(text += strspn(text, "\n"))) {
        const size_t length = strcspn(text, "\n");
        texts_add_part(texts, text, length);
        text += length;
    }
}

/* Google Benchmark's help, and its refusal of a format, print and exit. */
static int tell_refusal(const struct micro_process *process, bool wanted)
{
    (void)fputs(process->output, wanted ? stdout : stderr);
    (void)fputs(process->errors, stderr);
    if (!wanted) {
        (void)fprintf(stderr,
                      "giveback micro: %s (giveback micro -- --help)\n",
                      process->ending.reason.text);
    }
    return wanted ? EXIT_SUCCESS : EXIT_USAGE;
}

/* Asks a process, on the allocator that is always there, which runs the flags
 * choose, before anything is written. -1: go on; else the exit status. */
static int list_runs(struct campaign *micro)
{
    struct planned_allocator *null = must_allocate(1, sizeof *null);
    struct micro_process *process = &micro->process;
    struct reason reason = {""};
    const char **flags = flags_with(micro, "--benchmark_list_tests=true");
    int exit_status = -1;
    if (resolve_allocator("null", &null->chosen, &reason) != STATUS_OK) {
        exit_status = fail(&reason);
    } else {
        micro_process_run(process, &micro->conduct, null, 0, flags, true);
        split_lines(&micro->names, process->output ? process->output : "");
    }
    if (exit_status < 0 && process->ending.outcome != OUTCOME_OK) {
        exit_status = tell_refusal(
            process, micro_flag_is_on(&micro->options, "help") ||
                         micro_flag_is_on(&micro->options, "benchmark_help"));
    } else if (exit_status < 0 &&
               micro_flag_is_on(&micro->options, "benchmark_list_tests")) {
        (void)fputs(process->output, stdout);
        exit_status = EXIT_SUCCESS;
    }
    micro_process_free(process);
    free(flags);
    free(null);
    return exit_status;
}

/* ---- where JSON of Google Benchmark's own goes ---------------------------
 */

/* Makes the path of --benchmark_out absolute, for a worker's folder is
 * another, and sees that it can be written. */
static enum status ready_out(struct campaign *micro, struct reason *reason)
{
    const char *out = micro_flag(&micro->options, "benchmark_out");
    if (!out || !*out) {
        return STATUS_OK;
    }
    texts_add(&micro->out_store, out);
    micro->out = &micro->out_store.items[0];
    return **micro->out == '/'
               ? STATUS_OK
               : make_path_absolute(micro->out, *micro->out, reason);
}

/* The file of one process: the user's where there is one process, else with
 * the allocator and, of several, the block before its ending. */
static void out_path(const struct campaign *micro, const struct cell *cell,
                     char *path, size_t capacity)
{
    const struct plan *plan = &micro->planned.plan;
    const char *out = *micro->out;
    const char *slash = strrchr(out, '/');
    const char *dot = strrchr(slash ? slash : out, '.');
    const int stem = (int)(dot ? dot - out : (ptrdiff_t)strlen(out));
    char block[32] = "", label[256];
    if (plan->cell_count == plan->workload_count) {
        (void)snprintf(path, capacity, "%s", out);
        return;
    }
    (void)snprintf(label, sizeof label, "%s", cell->allocator->chosen.label);
    for (char *at = label; *at; at++) {
        if (*at == '/') {
            *at = '_';
        }
    }
    if (micro->options.run.pairs > 1) {
        (void)snprintf(block, sizeof block, ".%u", cell->block);
    }
    (void)snprintf(path, capacity, "%.*s.%s%s%s", stem, out, label, block,
                   dot ? dot : "");
}

/* Leaves no file behind: the process will make it. */
static enum status check_out(const char *path, struct reason *reason)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0) {
            (void)unlink(path);
        }
    }
    if (fd < 0) {
        return explain(reason, STATUS_FAILED,
                       "--benchmark_out: %.300s: cannot be written: %s", path,
                       strerror(errno));
    }
    (void)close(fd);
    return STATUS_OK;
}

/* ---- running -------------------------------------------------------------
 */

static bool prints_tables(const struct campaign *micro)
{
    const char *format = micro_flag(&micro->options, "benchmark_format");
    return !format || strcmp(format, "console") == 0;
}

/* Above a table; where something else is printed, for a reader that is no
 * person, it is told on standard error. */
static void print_heading(const struct campaign *micro,
                          const struct cell *cell)
{
    const struct planned_allocator *planned = cell->allocator;
    FILE *out = prints_tables(micro) ? stdout : stderr;
    const char *version = planned->identity.version;
    (void)fprintf(out, "\n%s%s%s", planned->chosen.label, *version ? " " : "",
                  version);
    if (planned->identity.library[0]) {
        (void)fprintf(out, ": %s", planned->identity.library);
    }
    if (planned->ending.outcome != OUTCOME_OK) {
        (void)fprintf(out, ": %s: %s", outcome_names[planned->ending.outcome],
                      planned->ending.reason.text);
    }
    if (micro->options.run.pairs > 1) {
        (void)fprintf(out, " (block %u)", cell->block);
    }
    (void)fprintf(out, "\n");
}

static void run_process(struct campaign *micro, const struct cell *cell)
{
    char flag[PATH_MAX + 32];
    const size_t begin =
        (size_t)snprintf(flag, sizeof flag, "--benchmark_out=");
    if (micro->out) {
        out_path(micro, cell, flag + begin, sizeof flag - begin);
    }
    const char **flags = flags_with(micro, micro->out ? flag : NULL);
    micro_process_run(&micro->process, &micro->conduct, cell->allocator,
                      cell->seed, flags, false);
    free(flags);
    if (!micro->told && micro->process.errors) {
        micro->told = true;
        (void)fputs(micro->process.errors, stderr);
    }
    if (micro->process.ending.outcome != OUTCOME_OK) {
        (void)fprintf(stderr, "giveback micro: %s: %s: %s\n",
                      cell->allocator->chosen.label,
                      outcome_names[micro->process.ending.outcome],
                      micro->process.ending.reason.text);
    }
}

/* A process must have run the library that the run's line names. */
static void check_identity(const struct planned_allocator *planned,
                           struct micro_process *process)
{
    if (process->report.attached &&
        strcmp(planned->proof.sha256, process->report.proof.sha256) != 0) {
        process->record_count = 0;
        process->ending.outcome = OUTCOME_FAILED;
        (void)explain(&process->ending.reason, STATUS_FAILED,
                      "%.300s changed during the run",
                      planned->identity.library);
    }
}

/* The cells of one process, side by side from `cells` on. */
static enum status do_process(struct campaign *micro, struct cell *cells,
                              struct reason *reason)
{
    static const struct timeline no_timeline;
    const struct planned_allocator *planned = cells->allocator;
    struct micro_process *process = &micro->process;
    enum status status = STATUS_OK;
    print_heading(micro, cells);
    if (planned->ending.outcome == OUTCOME_OK) {
        run_process(micro, cells);
        check_identity(planned, process);
    } else {
        memset(process, 0, sizeof *process);
        process->ending = planned->ending;
    }
    for (size_t i = 0; i < micro->planned.plan.workload_count; i++) {
        struct ending ending;
        if (cells[i].done || status != STATUS_OK) {
            continue;
        }
        micro_cell_figures(&cells[i], process, &ending);
        micro->failed |= ending.outcome > OUTCOME_UNSUPPORTED;
        status = record_cell(&micro->record, &cells[i], &process->report,
                             &ending, &no_timeline, &micro->machine, reason);
    }
    micro_process_free(process);
    return status;
}

static bool is_done(const struct plan *plan, const struct cell *cells)
{
    for (size_t i = 0; i < plan->workload_count; i++) {
        if (!cells[i].done) {
            return false;
        }
    }
    return true;
}

static int run_processes(struct campaign *micro)
{
    const struct plan *plan = &micro->planned.plan;
    struct reason reason = {""};
    for (size_t i = 0; i < plan->cell_count; i += plan->workload_count) {
        if (!is_done(plan, &plan->cells[i]) &&
            do_process(micro, &plan->cells[i], &reason) != STATUS_OK) {
            (void)fail(&reason);
            return EXIT_FAILURE;
        }
    }
    (void)fflush(stdout);
    (void)fprintf(stderr, "giveback micro: rows are in %s\n",
                  micro->record.path);
    return micro->failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- the file ------------------------------------------------------------
 */

static const char *default_output(void)
{
    static char path[64];
    struct tm fields;
    const time_t now = time(NULL);
    (void)strftime(path, sizeof path, "giveback-micro-%Y-%m-%dT%H%M%SZ.jsonl",
                   gmtime_r(&now, &fields));
    return path;
}

/* Whether a recorded command is ours, with the same flags behind "--": rows
 * of others would not be of the same run. */
static bool is_same_command(const struct texts *command,
                            const struct micro_options *options)
{
    size_t end = 0;
    while (end < command->count && strcmp(command->items[end], "--") != 0) {
        end++;
    }
    const size_t first = end < command->count ? end + 1 : end;
    bool same = command->count > 1 &&
                strcmp(command->items[1], "micro") == 0 &&
                command->count - first == options->flag_count;
    for (size_t i = 0; same && i < options->flag_count; i++) {
        same = strcmp(command->items[first + i], options->flags[i]) == 0;
    }
    return same;
}

static enum status check_command_of(const char *path,
                                    const struct micro_options *options,
                                    struct reason *reason)
{
    struct texts command = {NULL, 0};
    const enum status status = record_command(path, &command, reason);
    const bool same =
        status == STATUS_OK && is_same_command(&command, options);
    texts_free(&command);
    return status != STATUS_OK || same
               ? status
               : explain(reason, STATUS_FAILED,
                         "%.300s began otherwise, or with other flags behind "
                         "--: resume with the command that began it",
                         path);
}

static enum status open_record(struct campaign *micro,
                               const struct run_facts *facts,
                               struct reason *reason)
{
    const struct run_options *options = facts->options;
    struct plan *plan = &micro->planned.plan;
    if (!options->resume) {
        return record_create(&micro->record, options->output, plan, facts,
                             reason);
    }
    const enum status status =
        check_command_of(options->output, &micro->options, reason);
    return status == STATUS_OK ? record_resume(&micro->record, options->output,
                                               plan, facts, reason)
                               : status;
}

/* ---- the verb ------------------------------------------------------------
 */

static enum status check_outs(struct campaign *micro, struct reason *reason)
{
    const struct plan *plan = &micro->planned.plan;
    char path[PATH_MAX];
    enum status status = ready_out(micro, reason);
    for (size_t i = 0;
         status == STATUS_OK && micro->out && i < plan->cell_count;
         i += plan->workload_count) {
        out_path(micro, &plan->cells[i], path, sizeof path);
        status = check_out(path, reason);
    }
    return status;
}

static int measure(struct campaign *micro, int argc, char **argv)
{
    struct run_options *options = &micro->options.run;
    struct plan *plan = &micro->planned.plan;
    struct reason reason = {""};
    const struct run_facts facts = {.verb = "micro",
                                    .options = options,
                                    .machine = &micro->machine,
                                    .argc = argc,
                                    .argv = argv,
                                    .memory_limit_bytes =
                                        micro->conduct.memory_limit_bytes};
    options->output = options->output ? options->output : default_output();
    if (micro_plan_make(&micro->planned, &micro->names, options->pairs,
                        options->seed, &reason) != STATUS_OK ||
        check_outs(micro, &reason) != STATUS_OK) {
        return fail(&reason);
    }
    conduct_identify(&micro->conduct);
    caveats_print(&micro->machine);
    if (open_record(micro, &facts, &reason) != STATUS_OK) {
        return fail(&reason);
    }
    (void)fprintf(stderr,
                  "giveback micro: %zu micro-benchmarks, %zu processes, "
                  "into %s\n",
                  plan->workload_count,
                  plan->cell_count / plan->workload_count, options->output);
    const int exit_status = run_processes(micro);
    record_close(&micro->record);
    return exit_status;
}

static int carry_out(struct campaign *micro, int argc, char **argv)
{
    static const char *const no_launcher[] = {NULL};
    struct reason reason = {""};
    if (find_program(micro, &reason) != STATUS_OK) {
        return fail(&reason);
    }
    machine_read(&micro->machine);
    micro->conduct = (struct conduct){
        .plan = &micro->planned.plan,
        .record = &micro->record,
        .machine = &micro->machine,
        .options = &micro->options.run,
        .program = micro->program,
        .launcher = no_launcher,
        .memory_limit_bytes = machine_memory_limit(&micro->machine),
    };
    const int listed = list_runs(micro);
    if (listed >= 0) {
        return listed;
    }
    return plan_add_allocators(&micro->options.run, default_list,
                               &micro->planned.plan, &reason) == STATUS_OK
               ? measure(micro, argc, argv)
               : fail(&reason);
}

int verb_micro(int argc, char **argv)
{
    static struct campaign micro;   /* large */
    (void)signal(SIGPIPE, SIG_IGN); /* rows are kept though nobody reads */
    micro.record.fd = -1;
    micro_options_parse(&micro.options, argc, argv);
    const int exit_status = carry_out(&micro, argc, argv);
    texts_free(&micro.names);
    texts_free(&micro.out_store);
    micro_plan_free(&micro.planned);
    micro_options_free(&micro.options);
    return exit_status;
}
