/* harness/progress.c: time to go, plain lines in a log, one line on a
 * terminal. */
#include "unit.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "progress.h"

enum { MEMORY_CELLS = 10, TIMING_CELLS = 4 };

static struct planned_allocator allocator;
/* 0.55 s of its own and 0.15 s to start: a cell takes 0.7 s alone. */
static struct effort sleeps(const struct settings *settings)
{
    (void)settings;
    return (struct effort){.idle_ns = 550000000};
}

static const struct workload sleeper = {.name = "sleeper", .effort = sleeps};
static const struct planned_workload workload = {
    .typed = "fill_drain+size=8", .chosen = {.workload = &sleeper}};
static const struct regime tick = {.label = "tick", .mix = MIX_MIXED};
static struct cell *cells; /* while the tests run */

static int allocate_cells(void **state)
{
    (void)state;
    cells = calloc(MEMORY_CELLS + TIMING_CELLS, sizeof *cells);
    return cells == NULL;
}

static int free_cells(void **state)
{
    (void)state;
    free(cells);
    return 0;
}

/* Ten memory cells with regimes of 10 s, then four timing cells. */
static struct plan make_plan(void)
{
    allocator.chosen.label = "bump";
    for (size_t i = 0; i < MEMORY_CELLS + TIMING_CELLS; i++) {
        const bool memory = i < MEMORY_CELLS;
        cells[i] = (struct cell){
            .allocator = &allocator,
            .workload = &workload,
            .kind = find_kind(memory ? "memory" : "timing"),
            .after = memory ? "tick" : NULL,
            .regime = memory ? &tick : NULL,
        };
    }
    return (struct plan){
        .cells = cells,
        .cell_count = MEMORY_CELLS + TIMING_CELLS,
        .settle_ns = UINT64_C(10000000000),
    };
}

/* Standard error goes to `fd` until stderr_back. */
static int stderr_to(int fd)
{
    (void)fflush(stderr);
    const int kept = dup(STDERR_FILENO);
    assert_true(kept >= 0 && dup2(fd, STDERR_FILENO) >= 0);
    return kept;
}

static void stderr_back(int kept)
{
    (void)fflush(stderr);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    assert_int_equal(close(kept), 0);
}

/* A file in memory stands for a log. */
static int log_fd;

static int open_log(void **state)
{
    (void)state;
    log_fd = memfd_create("log", MFD_CLOEXEC);
    return log_fd < 0;
}

static int close_log(void **state)
{
    (void)state;
    return close(log_fd);
}

static void assert_log(const char *expected)
{
    char text[1024] = "";
    assert_true(pread(log_fd, text, sizeof text - 1, 0) >= 0);
    assert_string_equal(text, expected);
}

static struct progress begin(const struct plan *plan, uint64_t jobs)
{
    struct progress progress;
    const int kept = stderr_to(log_fd);
    progress_begin(&progress, plan, jobs);
    stderr_back(kept);
    return progress;
}

static void finish(struct progress *progress, const struct cell *cell,
                   enum outcome outcome, const char *reason)
{
    struct ending ending = {.outcome = outcome};
    (void)snprintf(ending.reason.text, sizeof ending.reason.text, "%s",
                   reason);
    const int kept = stderr_to(log_fd);
    progress_finished(progress, cell, &ending);
    stderr_back(kept);
}

static void assert_seconds(const struct progress *progress, double expected)
{
    const double seconds = progress_seconds_left(progress);
    assert_true(seconds > expected - 0.001 && seconds < expected + 0.001);
}

static void the_slower_of_builds_and_shared_regimes_is_guessed(void **state)
{
    (void)state;
    const struct plan plan = make_plan();
    struct progress progress = begin(&plan, 5);
    assert_seconds(&progress, 10 * (10.0 / 5) + 4 * 0.7);
    progress = begin(&plan, 1);
    assert_seconds(&progress, 10 * 10.0 + 4 * 0.7);
    /* 0.1 s of a regime each, and still it lasts its ten seconds. */
    progress = begin(&plan, 100);
    assert_seconds(&progress, (0.7 + 10.0) + 4 * 0.7);
}

static void cells_of_an_earlier_run_are_done_and_need_no_time(void **state)
{
    (void)state;
    const struct plan plan = make_plan();
    for (size_t i = 0; i < MEMORY_CELLS; i++) {
        cells[i].done = true;
    }
    const struct progress progress = begin(&plan, 1);
    assert_int_equal(progress.total, 14);
    assert_int_equal(progress.done, 10);
    assert_seconds(&progress, 4 * 0.7);
}

static void what_ended_tells_how_long_the_rest_takes(void **state)
{
    (void)state;
    const struct plan plan = make_plan();
    struct progress progress = begin(&plan, 5);
    progress.overlapping.started_ns = UINT64_C(1000000000);
    progress.overlapping.last_ns = UINT64_C(7000000000);
    /* Four of 2 s took 6: six are left at three quarters of the guess. */
    progress.overlapping.guessed_done_s = 4 * 2.0;
    assert_seconds(&progress, 6 * 1.5 + 4 * 0.7);
    progress.alone.started_ns = UINT64_C(8000000000);
    progress.alone.last_ns = UINT64_C(8500000000);
    progress.alone.guessed_done_s = 0.7; /* in 0.5 s, three are left */
    assert_seconds(&progress, 6 * 1.5 + 3 * 0.5);
    progress.overlapping.guessed_done_s = progress.overlapping.guessed_s;
    progress.alone.guessed_done_s = progress.alone.guessed_s;
    assert_seconds(&progress, 0);
}

static void overlapping_cells_and_those_alone_are_timed_apart(void **state)
{
    (void)state;
    const struct plan plan = make_plan();
    struct progress progress = begin(&plan, 5);
    progress_started(&progress, &cells[0]);
    assert_true(progress.overlapping.started_ns > 0);
    assert_int_equal(progress.alone.started_ns, 0);
    const uint64_t first_ns = progress.overlapping.started_ns;
    progress_started(&progress, &cells[1]); /* the first one counts */
    assert_int_equal(progress.overlapping.started_ns, first_ns);
    progress_started(&progress, &cells[MEMORY_CELLS]);
    assert_true(progress.alone.started_ns >= first_ns);
    finish(&progress, &cells[0], OUTCOME_OK, "");
    assert_true(progress.overlapping.guessed_done_s > 0);
    assert_true(progress.overlapping.last_ns >= first_ns);
    assert_true(progress.alone.guessed_done_s == 0);
}

static void slow_cells_are_expected_to_take_their_time(void **state)
{
    (void)state;
    const struct plan plan = make_plan();
    const struct kind *slow = find_kind("instructions");
    static const struct workload busy = {.name = "busy"}; /* as the seed's */
    static const struct planned_workload planned = {
        .typed = "busy", .chosen = {.workload = &busy}};
    for (size_t i = 0; i < MEMORY_CELLS + TIMING_CELLS; i++) {
        cells[i].regime = NULL;
        cells[i].workload = &planned;
        cells[i].kind = find_kind("timing");
    }
    const struct progress quick = begin(&plan, 5);
    const double quick_s = progress_seconds_left(&quick);
    for (size_t i = 0; i < MEMORY_CELLS + TIMING_CELLS; i++) {
        cells[i].kind = slow;
    }
    struct progress progress = begin(&plan, 5);
    assert_true(progress_seconds_left(&progress) >
                quick_s * slow->slowdown / 2);
    progress.slow.started_ns = 0;
    progress.slow.last_ns = UINT64_C(3000000000);
    /* Two of fourteen, 1.5 s each. */
    progress.slow.guessed_done_s = progress.slow.guessed_s / 7;
    assert_seconds(&progress, 12 * 1.5);
}

static void in_a_log_every_cell_is_a_plain_line(void **state)
{
    (void)state;
    const struct plan plan = make_plan();
    struct progress progress = begin(&plan, 5);
    assert_false(progress.terminal);
    progress.overlapping.started_ns = 1;
    progress.overlapping.guessed_s = 2; /* no time is left for its kind */
    finish(&progress, &cells[0], OUTCOME_OK, "");
    progress.alone.guessed_s = 0.7;
    finish(&progress, &cells[MEMORY_CELLS], OUTCOME_CRASHED,
           "SIGSEGV in fill");
    const int kept = stderr_to(log_fd);
    progress_draw(&progress, &cells[1], 3);
    progress_end(&progress);
    stderr_back(kept);
    assert_log("1/14 memory tick fill_drain+size=8 bump: ok; about 3 s to "
               "go\n2/14 timing fill_drain+size=8 bump: crashed: SIGSEGV in "
               "fill; about 0 s to go\n");
}

static void from_100_seconds_on_minutes_are_told(void **state)
{
    (void)state;
    const struct plan plan = make_plan();
    struct progress progress = begin(&plan, 1);
    progress.alone.guessed_s = 0.7; /* then none is left alone */
    finish(&progress, &cells[MEMORY_CELLS], OUTCOME_OK, "");
    /* Ten cells of 10 s are 100 s, 1.7 minutes. */
    assert_log("1/14 timing fill_drain+size=8 bump: ok; about 2 min to go\n");
}

static void only_what_went_wrong_counts_as_failed(void **state)
{
    (void)state;
    static const struct {
        enum outcome outcome;
        size_t failed;
    } rows[] = {{OUTCOME_OK, 0},
                {OUTCOME_UNSUPPORTED, 0},
                {OUTCOME_FAILED, 1},
                {OUTCOME_CRASHED, 2},
                {OUTCOME_TIMED_OUT, 3}};
    const struct plan plan = make_plan();
    struct progress progress = begin(&plan, 5);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        finish(&progress, &cells[i], rows[i].outcome, "why");
        assert_int_equal(progress.failed, rows[i].failed);
        assert_int_equal(progress.done, i + 1);
    }
}

/* ---- on a terminal ---------------------------------------------------------
 */

/* The two ends of a terminal of 40 columns. */
struct terminal {
    int outside, inside;
};

static struct terminal open_terminal(void)
{
    const int outside = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (outside < 0 || grantpt(outside) != 0 || unlockpt(outside) != 0) {
        print_message("no pseudo-terminals here\n");
        skip();
    }
    const int inside = open(ptsname(outside), O_RDWR | O_NOCTTY | O_CLOEXEC);
    const struct winsize size = {.ws_row = 10, .ws_col = 40};
    assert_true(inside >= 0);
    assert_int_equal(ioctl(inside, TIOCSWINSZ, &size), 0);
    assert_int_equal(fcntl(outside, F_SETFL, O_NONBLOCK), 0);
    return (struct terminal){outside, inside};
}

/* Everything that was shown since the last time. */
static void assert_shown(const struct terminal *terminal, const char *expected)
{
    char text[1024] = "";
    (void)fflush(stderr);
    const ssize_t count = read(terminal->outside, text, sizeof text - 1);
    text[count > 0 ? count : 0] = '\0';
    assert_string_equal(text, expected);
}

static void on_a_terminal_one_line_is_drawn_over_and_over(void **state)
{
    (void)state;
    const struct plan plan = make_plan();
    const struct terminal terminal = open_terminal();
    const struct ending ok = {.outcome = OUTCOME_OK};
    struct progress progress;
    const int kept = stderr_to(terminal.inside);
    progress_begin(&progress, &plan, 5);
    progress_draw(&progress, &cells[0], 3);
    progress_draw(&progress, &cells[1], 3); /* too soon after the first */
    const bool is_terminal = progress.terminal;
    (void)fflush(stderr);
    stderr_back(kept);
    assert_true(is_terminal);
    /* Cut to 39 columns, so that it never wraps. */
    assert_shown(&terminal, "\r\033[K0/14, about 23 s to go: memory tick fil");
    const int again = stderr_to(terminal.inside);
    progress_started(&progress, &cells[0]);
    progress_finished(&progress, &cells[0], &ok); /* needs no line */
    progress_end(&progress);
    stderr_back(again);
    assert_shown(&terminal, "\r\033[K");
    assert_int_equal(close(terminal.inside), 0);
    assert_int_equal(close(terminal.outside), 0);
}

static void what_failed_stays_on_the_terminal(void **state)
{
    (void)state;
    const struct plan plan = make_plan();
    const struct terminal terminal = open_terminal();
    const struct ending failed = {.outcome = OUTCOME_FAILED,
                                  .reason = {"no memory"}};
    struct progress progress;
    const int kept = stderr_to(terminal.inside);
    progress_begin(&progress, &plan, 5);
    progress.overlapping.guessed_s = 2;
    progress_finished(&progress, &cells[0], &failed);
    stderr_back(kept);
    assert_shown(&terminal, "\r\033[K1/14 memory tick fill_drain+size=8 bump: "
                            "failed: no memory; about 3 s to go\r\n");
    assert_int_equal(close(terminal.inside), 0);
    assert_int_equal(close(terminal.outside), 0);
}

#define log_test(function)                                                    \
    cmocka_unit_test_setup_teardown(function, open_log, close_log)

int main(void)
{
    const struct CMUnitTest tests[] = {
        log_test(the_slower_of_builds_and_shared_regimes_is_guessed),
        log_test(cells_of_an_earlier_run_are_done_and_need_no_time),
        log_test(what_ended_tells_how_long_the_rest_takes),
        log_test(overlapping_cells_and_those_alone_are_timed_apart),
        log_test(slow_cells_are_expected_to_take_their_time),
        log_test(in_a_log_every_cell_is_a_plain_line),
        log_test(from_100_seconds_on_minutes_are_told),
        log_test(only_what_went_wrong_counts_as_failed),
        log_test(on_a_terminal_one_line_is_drawn_over_and_over),
        log_test(what_failed_stays_on_the_terminal),
    };
    return cmocka_run_group_tests(tests, allocate_cells, free_cells);
}
