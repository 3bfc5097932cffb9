/* The worker of `giveback micro`: attaches one allocator, as every worker
 * does, and hands the micro-benchmarks to Google Benchmark. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "capabilities.h"
#include "child.h"
#include "gbench.h"
#include "micro_record.h"
#include "micro_table.h"
#include "worker.h"

enum { FAMILIES_MAX = 256 };

static struct report *report;
static struct micro_run run;

/* ---- a run ---------------------------------------------------------------
 */

/* The lowest missing capability in words; NULL: there is all. */
static const char *missing(const struct micro *micro)
{
    const unsigned lacking = micro->needs & ~report->capabilities;
    return lacking ? capability_names[__builtin_ctz(lacking)] : NULL;
}

/* Whether the run may begin; otherwise it is skipped. */
static bool admit(struct gbench_state *state, const struct micro *micro)
{
    char message[200];
    const char *lacking = missing(micro);
    if (lacking) {
        (void)snprintf(message, sizeof message,
                       "%s needs %s, which the allocator does not offer",
                       micro->name, lacking);
        gbench_skip(state, message);
        return false;
    }
    return true;
}

static void step(micro_step *body, struct gbench_state *state)
{
    if (body) {
        body(state, &run);
    }
}

static void on_thread(void (*call)(void), const struct gbench_state *state)
{
    if (call && gbench_thread(state) > 0) { /* 0 is the main thread */
        call();
    }
}

static void run_family(struct gbench_state *state, void *context)
{
    const struct micro *micro = context;
    if (!admit(state, micro)) {
        return;
    }
    if (gbench_thread(state) == 0) {
        (void)snprintf(report->where, sizeof report->where, "%s", micro->name);
    }
    on_thread(run.heap->thread_begin, state);
    step(micro->set_up, state);
    micro->run(state, &run);
    step(micro->tear_down, state);
    on_thread(run.heap->thread_end, state);
}

/* ---- registering ---------------------------------------------------------
 */

static bool add_family(const struct micro *micro)
{
    struct gbench *family =
        gbench_register(micro->name, run_family, (void *)(uintptr_t)micro);
    const size_t count = micro->argument_count;
    bool good = gbench_argument_names(family, micro->argument_names, count);
    for (size_t i = 0; i < micro->run_count; i++) {
        good = good &&
               gbench_arguments(family, micro->arguments + i * count, count);
    }
    if (micro->threads) {
        good = good && gbench_threads(family, micro->threads) &&
               gbench_time_by(family, GBENCH_WALL);
    }
    return good;
}

/* Those with threads last: after the first thread glibc's malloc and free are
 * slower for good, even when it has ended. */
static enum status add_families(struct reason *reason)
{
    for (int threads = 0; threads < 2; threads++) {
        for (size_t i = 0; micros[i]; i++) {
            if ((micros[i]->threads > 0) == (threads == 1) &&
                !add_family(micros[i])) {
                return explain(reason, STATUS_FAILED, "%s: %s",
                               micros[i]->name, gbench_problem());
            }
        }
    }
    return STATUS_OK;
}

/* ---- what it came to ------------------------------------------------------
 */

static uint64_t nanoseconds(double seconds)
{
    const double ns = seconds * 1e9;
    return ns >= 0 && ns < 0x1p63 ? (uint64_t)llround(ns) : UNKNOWN;
}

static void observe(const struct gbench_result *result, void *context)
{
    static const enum micro_end ends[] = {
        [GBENCH_DONE] = MICRO_OK,
        [GBENCH_SKIPPED] = MICRO_UNSUPPORTED,
        [GBENCH_FAILED] = MICRO_FAILED,
    };
    struct micro_record record = {
        .end = ends[result->end],
        .threads = (uint32_t)result->threads,
        .repetition = (uint64_t)result->repetition,
        .iterations = (uint64_t)result->iterations,
        .wall_ns = nanoseconds(result->wall_s),
        .cpu_ns = nanoseconds(result->cpu_s),
    };
    bool *written = context;
    (void)snprintf(record.name, sizeof record.name, "%s", result->name);
    (void)snprintf(record.message, sizeof record.message, "%s",
                   result->message);
    *written &= write(WORKER_RESULTS_FD, &record, sizeof record) ==
                (ssize_t)sizeof record;
}

/* Which allocator it was, in the JSON of Google Benchmark's own. */
static void note_identity(const struct cell_parts *parts)
{
    gbench_note("allocator", parts->order->allocator);
    gbench_note("library", report->identity.library);
    gbench_note("version", report->identity.version);
    gbench_note("sha256", report->proof.sha256);
}

static enum status run_benchmarks(const struct cell_parts *parts)
{
    struct reason *reason = &report->reason;
    bool written = true;
    const struct gbench_observer observer = {observe, &written};
    char *argv[CHILD_WORDS_MAX + 2] = {(char *)(uintptr_t) "giveback micro"};
    int argc = 1;
    for (int i = 0; i < parts->word_count && argc <= CHILD_WORDS_MAX; i++) {
        argv[argc++] = parts->words[i];
    }
    note_identity(parts);
    const int count = gbench_run(&argc, argv, &observer);
    (void)fflush(NULL);
    if (count < 0) {
        return explain(reason, STATUS_FAILED,
                       "Google Benchmark does not know these flags");
    }
    if (count == 0) {
        return explain(reason, STATUS_FAILED,
                       "no micro-benchmark has a name that fits "
                       "--benchmark_filter");
    }
    return written ? STATUS_OK
                   : explain(reason, STATUS_FAILED,
                             "results could not be handed over");
}

static enum status micro_steps(const struct cell_parts *parts)
{
    static struct allocator_calls calls;
    enum status status = run_attach(parts, report, &calls);
    run = (struct micro_run){.heap = &calls, .seed = parts->order->seed};
    (void)snprintf(report->where, sizeof report->where, "start-up");
    if (status == STATUS_OK) {
        status = add_families(&report->reason);
    }
    return status == STATUS_OK ? run_benchmarks(parts) : status;
}

static void run_micro(const struct cell_parts *parts, struct report *shared)
{
    if (strcmp(parts->order->kind, "micro") != 0) {
        run_cell(parts, shared); /* it is asked what the allocator is */
        return;
    }
    report = shared;
    (void)signal(SIGPIPE, SIG_IGN);
    /* A table is seen line by line, and what a crash leaves is whole. */
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    report->status = micro_steps(parts);
    report->complete = true;
}

int main(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "cell") != 0) {
        (void)fprintf(stderr, "giveback-micro: started by hand? `giveback "
                              "micro` starts it\n");
        return 2;
    }
    worker_main(argc - 2, argv + 2, run_micro);
}
