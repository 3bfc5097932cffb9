/* Google Benchmark through its C header: what is measured, shown, refused. */
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "gbench.h"
#include "unit.h"

enum { RESULTS_MAX = 32, WORDS_MAX = 12 };

/* What was observed, and what a run counted itself. */
static struct {
    struct gbench_result results[RESULTS_MAX];
    char names[RESULTS_MAX][64], messages[RESULTS_MAX][64];
    size_t count;
} seen;

static int64_t iterations, argument, missing_argument;
static int set_ups, tear_downs, runs;

static void observe(const struct gbench_result *result, void *context)
{
    assert_ptr_equal(context, &seen);
    assert_true(seen.count < RESULTS_MAX);
    seen.results[seen.count] = *result;
    (void)snprintf(seen.names[seen.count], sizeof *seen.names, "%s",
                   result->name);
    (void)snprintf(seen.messages[seen.count], sizeof *seen.messages, "%s",
                   result->message);
    seen.count++;
}

/* Runs the families whose names fit `filter`, with flags of the caller's. */
static int run(const char *filter, const char *const *flags)
{
    static const struct gbench_observer observer = {observe, &seen};
    char words[WORDS_MAX][128], *argv[WORDS_MAX + 1];
    int argc = 0;
    /* Flags keep what they had: each is said anew. */
    (void)snprintf(words[argc++], sizeof *words, "gbench_test");
    (void)snprintf(words[argc++], sizeof *words, "--benchmark_filter=%s",
                   filter);
    (void)snprintf(words[argc++], sizeof *words, "--benchmark_out=");
    (void)snprintf(words[argc++], sizeof *words,
                   "--benchmark_list_tests=false");
    (void)snprintf(words[argc++], sizeof *words,
                   "--benchmark_report_aggregates_only=false");
    for (; flags && *flags; flags++) {
        (void)snprintf(words[argc++], sizeof *words, "%s", *flags);
    }
    for (int i = 0; i < argc; i++) {
        argv[i] = words[i];
    }
    argv[argc] = NULL;
    memset(&seen, 0, sizeof seen);
    iterations = 0;
    set_ups = tear_downs = runs = 0;
    return gbench_run(&argc, argv, &observer);
}

static int clear(void **state)
{
    (void)state;
    gbench_clear();
    return 0;
}

static void count(struct gbench_state *state, void *context)
{
    const int64_t batch = context ? *(const int64_t *)context : 1;
    iterations = 0; /* of the last run */
    argument = gbench_argument_of(state, 0);
    missing_argument = gbench_argument_of(state, 7);
    runs++;
    while (gbench_keep_running(state, batch)) {
        iterations += batch;
    }
    assert_int_equal(gbench_iterations_done(state), iterations);
}

static void set_up(struct gbench_state *state, void *context)
{
    (void)context;
    assert_int_equal(gbench_iterations_done(state), 0);
    __atomic_add_fetch(&set_ups, 1, __ATOMIC_RELAXED);
}

static void tear_down(struct gbench_state *state, void *context)
{
    (void)state;
    (void)context;
    __atomic_add_fetch(&tear_downs, 1, __ATOMIC_RELAXED);
}

/* ---- figures -------------------------------------------------------------
 */

static void batches_are_counted_whole(void **state)
{
    static int64_t batch = 100;
    (void)state;
    assert_true(
        gbench_iterations(gbench_register("whole", count, &batch), 250));
    assert_int_equal(run("whole", NULL), 1);
    assert_int_equal(seen.count, 1);
    assert_int_equal(iterations, 300); /* the last batch overshoots */
    assert_int_equal(seen.results[0].iterations, 300);
    assert_int_equal(seen.results[0].end, GBENCH_DONE);
    assert_true(seen.results[0].wall_s > 0);
}

static void arguments_reach_the_run_and_its_name(void **state)
{
    static const char *const names[] = {"size", "count"};
    static const int64_t values[] = {8, 3};
    (void)state;
    struct gbench *family = gbench_register("named", count, NULL);
    assert_true(gbench_argument_names(family, names, 2));
    assert_true(gbench_arguments(family, values, 2));
    assert_true(gbench_iterations(family, 1));
    assert_int_equal(run("named", NULL), 1);
    assert_non_null(strstr(seen.names[0], "named/size:8/count:3"));
    assert_int_equal(argument, 8);
    assert_int_equal(missing_argument, -1);
}

static void ranges_make_a_run_of_each_value(void **state)
{
    (void)state;
    struct gbench *family = gbench_register("range", count, NULL);
    assert_true(gbench_range_multiplier(family, 4));
    assert_true(gbench_range(family, 1, 64));              /* 1 4 16 64 */
    assert_true(gbench_dense_range(family, 100, 120, 10)); /* 3 more */
    assert_true(gbench_iterations(family, 1));
    assert_int_equal(run("range", NULL), 7);
    assert_int_equal(seen.count, 7);
    assert_int_equal(argument, 120);
}

static void a_fixture_surrounds_every_run_on_every_thread(void **state)
{
    static const struct gbench_fixture fixture = {set_up, count, tear_down};
    static int64_t one = 1;
    (void)state;
    struct gbench *family = gbench_register_fixture("fixture", &fixture, &one);
    assert_true(gbench_iterations(family, 10));
    assert_int_equal(run("fixture", NULL), 1);
    assert_int_equal(set_ups, 1);
    assert_int_equal(tear_downs, 1);
    assert_int_equal(runs, 1);
}

static void count_threads(struct gbench_state *state, void *context)
{
    int *places = context;
    assert_int_equal(gbench_thread_count(state), 2);
    __atomic_add_fetch(&places[gbench_thread(state)], 1, __ATOMIC_RELAXED);
    while (gbench_keep_running(state, 10)) {
    }
}

static void each_thread_runs_once_and_iterations_add_up(void **state)
{
    static int places[2];
    static const struct gbench_fixture fixture = {set_up, count_threads,
                                                  tear_down};
    (void)state;
    struct gbench *family =
        gbench_register_fixture("threads", &fixture, places);
    assert_true(gbench_threads(family, 2));
    assert_true(gbench_time_by(family, GBENCH_WALL));
    assert_true(gbench_iterations(family, 20));
    assert_int_equal(run("threads", NULL), 1);
    assert_int_equal(places[0], 1);
    assert_int_equal(places[1], 1);
    assert_int_equal(set_ups, 2);
    assert_int_equal(tear_downs, 2);
    assert_int_equal(seen.results[0].threads, 2);
    assert_int_equal(seen.results[0].iterations, 40);
}

static void say_time(struct gbench_state *state, void *context)
{
    (void)context;
    while (gbench_keep_running(state, 1)) {
        gbench_set_time_s(state, 0.25);
    }
}

static void manual_time_is_what_was_said(void **state)
{
    (void)state;
    struct gbench *family = gbench_register("manual", say_time, NULL);
    assert_true(gbench_time_by(family, GBENCH_MANUAL));
    assert_true(gbench_iterations(family, 8));
    assert_int_equal(run("manual", NULL), 1);
    assert_true(fabs(seen.results[0].wall_s - 2) < 1e-9);
}

static double cpu_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void work_while_paused(struct gbench_state *state, void *context)
{
    (void)context;
    while (gbench_keep_running(state, 1)) {
        gbench_pause(state);
        const double end_s = cpu_s() + 0.05;
        while (cpu_s() < end_s) {
        }
        gbench_resume(state);
    }
}

/* CPU time: nobody else's work is in it. */
static void a_pause_is_not_counted(void **state)
{
    (void)state;
    struct gbench *family = gbench_register("paused", work_while_paused, NULL);
    assert_true(gbench_unit(family, GBENCH_US));
    assert_true(gbench_iterations(family, 1));
    assert_int_equal(run("paused", NULL), 1);
    assert_true(seen.results[0].cpu_s < 0.05);
}

/* ---- runs without figures ------------------------------------------------
 */

static void skip_at_once(struct gbench_state *state, void *context)
{
    (void)context;
    gbench_skip(state, "not here");
    gbench_fail(state, "nor this"); /* the first counts */
}

static void fail_in_loop(struct gbench_state *state, void *context)
{
    (void)context;
    while (gbench_keep_running(state, 1)) {
        iterations++;
        gbench_fail(state, "it broke");
    }
}

static void what_is_skipped_says_why_and_is_torn_down(void **state)
{
    static const struct gbench_fixture fixture = {set_up, skip_at_once,
                                                  tear_down};
    (void)state;
    (void)gbench_register_fixture("skipped", &fixture, NULL);
    assert_int_equal(run("skipped", NULL), 1);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.results[0].end, GBENCH_SKIPPED);
    assert_string_equal(seen.messages[0], "not here");
    assert_int_equal(tear_downs, 1);
}

static void a_failure_in_the_loop_ends_it(void **state)
{
    (void)state;
    (void)gbench_register("failed", fail_in_loop, NULL);
    assert_int_equal(run("failed", NULL), 1);
    assert_int_equal(seen.results[0].end, GBENCH_FAILED);
    assert_string_equal(seen.messages[0], "it broke");
    assert_int_equal(iterations, 1);
}

/* ---- JSON ----------------------------------------------------------------
 */

static void tell_all(struct gbench_state *state, void *context)
{
    (void)context;
    while (gbench_keep_running(state, 1)) {
        gbench_keep(&iterations);
    }
    gbench_items(state, 100);
    gbench_bytes(state, 1000);
    gbench_label(state, "a \"label\"");
    gbench_count(state, "plain", 7, GBENCH_PLAIN);
    gbench_count(state, "each", 40, GBENCH_PER_ITERATION);
    gbench_count(state, "none", NAN, GBENCH_PLAIN);
    gbench_count(state, "endless", INFINITY, GBENCH_RATE | GBENCH_AVERAGE);
}

static json_t *run_to_json(const char *filter, const char *flag)
{
    char path[64], out[96];
    (void)snprintf(path, sizeof path, "./gbench_test.%ld.json",
                   (long)getpid());
    (void)snprintf(out, sizeof out, "--benchmark_out=%s", path);
    const char *const flags[] = {out, flag, NULL};
    assert_true(run(filter, flags) > 0);
    json_error_t error;
    json_t *json = json_load_file(path, 0, &error); /* takes no NaN */
    if (!json) {
        fail_msg("%s:%d: %s", path, error.line, error.text);
    }
    (void)unlink(path);
    return json;
}

static void json_has_what_was_told_and_finite_numbers_only(void **state)
{
    (void)state;
    gbench_note("note", "a word");
    struct gbench *family = gbench_register("told", tell_all, NULL);
    assert_true(gbench_iterations(family, 10));
    json_t *json = run_to_json("told", NULL);
    const json_t *row = json_array_get(json_object_get(json, "benchmarks"), 0);
    assert_string_equal(json_string_value(json_object_get(
                            json_object_get(json, "context"), "note")),
                        "a word");
    assert_string_equal(json_string_value(json_object_get(row, "label")),
                        "a \"label\"");
    assert_true(json_number_value(json_object_get(row, "plain")) == 7);
    assert_true(json_number_value(json_object_get(row, "each")) == 4);
    assert_true(json_number_value(json_object_get(row, "items_per_second")) >
                0);
    assert_true(json_number_value(json_object_get(row, "bytes_per_second")) >
                0);
    assert_null(json_object_get(row, "none"));
    assert_null(json_object_get(row, "endless"));
    json_decref(json);
}

/* Statistics of times that are all zero: 1.7.1 divides by their mean. */
static void say_no_time(struct gbench_state *state, void *context)
{
    (void)context;
    while (gbench_keep_running(state, 1)) {
        gbench_set_time_s(state, 0);
    }
    gbench_count(state, "zero", 0, GBENCH_PLAIN);
}

static void statistics_of_nothing_leave_json_valid(void **state)
{
    (void)state;
    struct gbench *family = gbench_register("nothing", say_no_time, NULL);
    assert_true(gbench_time_by(family, GBENCH_MANUAL));
    assert_true(gbench_repetitions(family, 3));
    assert_true(gbench_iterations(family, 5));
    json_t *json = run_to_json("nothing", NULL);
    assert_true(json_array_size(json_object_get(json, "benchmarks")) >= 3);
    assert_int_equal(seen.count, 3);
    json_decref(json);
}

static void only_statistics_are_shown_and_all_is_observed(void **state)
{
    (void)state;
    struct gbench *family = gbench_register("often", count, NULL);
    assert_true(gbench_repetitions(family, 3));
    assert_true(gbench_iterations(family, 5));
    json_t *json =
        run_to_json("often", "--benchmark_report_aggregates_only=true");
    const json_t *rows = json_object_get(json, "benchmarks");
    assert_true(json_array_size(rows) >= 3); /* mean, median, stddev, ... */
    for (size_t i = 0; i < json_array_size(rows); i++) {
        assert_string_equal(json_string_value(json_object_get(
                                json_array_get(rows, i), "run_type")),
                            "aggregate");
    }
    assert_int_equal(seen.count, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(seen.results[i].repetition, i);
    }
    json_decref(json);
}

/* ---- flags ---------------------------------------------------------------
 */

static void a_filter_that_fits_nothing_runs_nothing(void **state)
{
    (void)state;
    (void)gbench_register("here", count, NULL);
    assert_int_equal(run("elsewhere", NULL), 0);
    assert_int_equal(seen.count, 0);
    assert_int_equal(run("(", NULL), 0); /* no regular expression */
}

static void unknown_flags_are_refused(void **state)
{
    static const char *const unknown[] = {"--benchmark_fliter=x", NULL};
    static const char *const no_number[] = {"--benchmark_repetitions=many",
                                            NULL};
    (void)state;
    (void)gbench_register("here", count, NULL);
    assert_int_equal(run("here", unknown), -1);
    assert_int_equal(run("here", no_number), -1);
    assert_int_equal(runs, 0);
}

static void a_list_runs_nothing(void **state)
{
    static const char *const list[] = {"--benchmark_list_tests", NULL};
    (void)state;
    (void)gbench_register("one", count, NULL);
    (void)gbench_register("one_more", count, NULL);
    assert_int_equal(run("one", list), 2);
    assert_int_equal(runs, 0);
}

/* ---- what is refused -----------------------------------------------------
 */

static void refused(bool answer, const char *why)
{
    assert_false(answer);
    assert_non_null(strstr(gbench_problem(), why));
}

static void a_family_needs_a_name_and_a_function(void **state)
{
    static const struct gbench_fixture empty = {set_up, NULL, tear_down};
    (void)state;
    refused(gbench_register(NULL, count, NULL), "name");
    refused(gbench_register("", count, NULL), "name");
    refused(gbench_register("x", NULL, NULL), "function");
    refused(gbench_register_fixture("x", &empty, NULL), "function");
    refused(gbench_register_fixture("x", NULL, NULL), "function");
}

static void what_has_no_sense_is_refused_and_changes_nothing(void **state)
{
    static const char *const names[] = {"a", "b"};
    static const int64_t values[] = {1, 2};
    (void)state;
    struct gbench *family = gbench_register("sense", count, NULL);
    assert_true(gbench_argument(family, 1));
    refused(gbench_arguments(family, values, 2), "more or fewer");
    refused(gbench_argument_names(family, names, 2), "more or fewer");
    refused(gbench_arguments(family, NULL, 1), "no arguments");
    refused(gbench_arguments(family, values, 0), "no argument");
    refused(gbench_argument_names(family, NULL, 1), "no names");
    refused(gbench_range_multiplier(family, 1), "multiplier");
    refused(gbench_range(family, 8, 4), "rise");
    refused(gbench_range(family, -1, 4), "rise");
    refused(gbench_dense_range(family, 8, 4, 1), "rise");
    refused(gbench_dense_range(family, 4, 8, 0), "rise");
    refused(gbench_threads(family, 0), "threads");
    refused(gbench_thread_range(family, 4, 2), "threads");
    refused(gbench_iterations(family, 0), "iterations");
    refused(gbench_repetitions(family, 0), "repetitions");
    refused(gbench_least_time_s(family, 0), "above 0");
    refused(gbench_least_time_s(family, NAN), "above 0");
    refused(gbench_time_by(family, (enum gbench_clock)9), "clock");
    refused(gbench_unit(family, (enum gbench_unit)9), "unit");
    assert_true(gbench_iterations(family, 4));
    refused(gbench_least_time_s(family, 1), "fixed");
    assert_true(gbench_time_by(family, GBENCH_WALL));
    refused(gbench_time_by(family, GBENCH_CPU), "already");
    assert_int_equal(run("sense", NULL), 1);
    assert_int_equal(seen.results[0].iterations, 4);
}

static void no_family_is_refused_by_all(void **state)
{
    static const char *const names[] = {"a"};
    (void)state;
    refused(gbench_argument(NULL, 1), "no family");
    refused(gbench_argument_names(NULL, names, 1), "no family");
    refused(gbench_range_multiplier(NULL, 2), "no family");
    refused(gbench_range(NULL, 1, 2), "no family");
    refused(gbench_dense_range(NULL, 1, 2, 1), "no family");
    refused(gbench_threads(NULL, 1), "no family");
    refused(gbench_iterations(NULL, 1), "no family");
    refused(gbench_least_time_s(NULL, 1), "no family");
    refused(gbench_repetitions(NULL, 1), "no family");
    refused(gbench_time_by(NULL, GBENCH_WALL), "no family");
    refused(gbench_unit(NULL, GBENCH_NS), "no family");
}

#define TEST(name) cmocka_unit_test_teardown(name, clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(batches_are_counted_whole),
        TEST(arguments_reach_the_run_and_its_name),
        TEST(ranges_make_a_run_of_each_value),
        TEST(a_fixture_surrounds_every_run_on_every_thread),
        TEST(each_thread_runs_once_and_iterations_add_up),
        TEST(manual_time_is_what_was_said),
        TEST(a_pause_is_not_counted),
        TEST(what_is_skipped_says_why_and_is_torn_down),
        TEST(a_failure_in_the_loop_ends_it),
        TEST(json_has_what_was_told_and_finite_numbers_only),
        TEST(statistics_of_nothing_leave_json_valid),
        TEST(only_statistics_are_shown_and_all_is_observed),
        TEST(a_filter_that_fits_nothing_runs_nothing),
        TEST(unknown_flags_are_refused),
        TEST(a_list_runs_nothing),
        TEST(a_family_needs_a_name_and_a_function),
        TEST(what_has_no_sense_is_refused_and_changes_nothing),
        TEST(no_family_is_refused_by_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
