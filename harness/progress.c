/* Progress of a long run. */
#include "progress.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "guess.h"
#include "meter.h"

static const uint64_t DRAW_EVERY_NS = 250000000;
static const double NS_PER_S = 1e9;

static struct pace *pace_of(struct progress *progress, const struct cell *cell)
{
    return cell->kind->slowdown ? &progress->slow
           : cell->kind->pinned ? &progress->alone
                                : &progress->overlapping;
}

/* While one cell builds or drains, others sit in their regimes: whichever
 * takes longer sets the pace. Nothing runs beside a cell that takes every
 * CPU. */
static double guess_s(const struct progress *progress, const struct cell *cell)
{
    const double alone_s = guess_alone_s(cell);
    if (!cell->regime) {
        return alone_s;
    }
    if (cell_is_alone(cell)) {
        return alone_s + progress->settle_s;
    }
    const double regime_s = progress->settle_s / progress->jobs;
    return alone_s > regime_s ? alone_s : regime_s;
}

void progress_begin(struct progress *progress, const struct plan *plan,
                    uint64_t jobs)
{
    *progress = (struct progress){
        .terminal = isatty(STDERR_FILENO),
        .settle_s = (double)plan->settle_ns / NS_PER_S,
        .jobs = (double)jobs,
    };
    double longest_s = 0; /* no regime ends before it has lasted */
    for (size_t i = 0; i < plan->cell_count; i++) {
        const struct cell *cell = &plan->cells[i];
        progress->total++;
        if (cell->done) {
            progress->done++;
        } else {
            const double whole_s =
                cell->regime ? guess_alone_s(cell) + progress->settle_s : 0;
            longest_s = whole_s > longest_s ? whole_s : longest_s;
            pace_of(progress, cell)->guessed_s += guess_s(progress, cell);
        }
    }
    struct pace *pace = &progress->overlapping;
    pace->guessed_s =
        pace->guessed_s > longest_s ? pace->guessed_s : longest_s;
}

/* Seconds for what is left of one pace, as much off the guess as what ended.
 */
static double seconds_left(const struct pace *pace)
{
    const double left_s = pace->guessed_s - pace->guessed_done_s;
    return pace->guessed_done_s > 0
               ? left_s * ((double)(pace->last_ns - pace->started_ns) /
                           NS_PER_S / pace->guessed_done_s)
               : left_s;
}

double progress_seconds_left(const struct progress *progress)
{
    return seconds_left(&progress->overlapping) +
           seconds_left(&progress->alone) + seconds_left(&progress->slow);
}

static void describe(const struct cell *cell, char *text, size_t capacity)
{
    (void)snprintf(text, capacity, "%s %s%s%s %s", cell->kind->name,
                   cell->after ? cell->after : "", cell->after ? " " : "",
                   cell->workload->typed, cell->allocator->chosen.label);
}

static void time_to_go(double seconds, char *text, size_t capacity)
{
    const unsigned whole = (unsigned)(seconds + 0.5);
    if (whole < 100) {
        (void)snprintf(text, capacity, "%u s", whole);
    } else {
        (void)snprintf(text, capacity, "%u min", (whole + 30) / 60);
    }
}

static unsigned columns(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0
               ? size.ws_col
               : 80;
}

void progress_started(struct progress *progress, const struct cell *cell)
{
    struct pace *pace = pace_of(progress, cell);
    if (pace->started_ns == 0) {
        pace->started_ns = meter_linux.now_ns();
    }
}

/* Whether standard error takes a line at once. A pager that does not read or
 * a terminal held by Ctrl-S would stop the parent, and with it all that it
 * samples: what would have to wait is left out. */
static bool is_heard(void)
{
    struct pollfd words = {.fd = STDERR_FILENO, .events = POLLOUT};
    return poll(&words, 1, 0) == 1;
}

void progress_draw(struct progress *progress, const struct cell *cell,
                   size_t running)
{
    char what[512], left[32], line[1024], more[32] = "";
    const uint64_t now_ns = meter_linux.now_ns();
    if (!progress->terminal || now_ns - progress->drawn_ns < DRAW_EVERY_NS ||
        !is_heard()) {
        return;
    }
    progress->drawn_ns = now_ns;
    describe(cell, what, sizeof what);
    time_to_go(progress_seconds_left(progress), left, sizeof left);
    if (running > 1) {
        (void)snprintf(more, sizeof more, " (+%zu)", running - 1);
    }
    (void)snprintf(line, sizeof line, "%zu/%zu, about %s to go: %s%s",
                   progress->done, progress->total, left, what, more);
    (void)fprintf(stderr, "\r\033[K%.*s", (int)columns() - 1, line);
}

void progress_finished(struct progress *progress, const struct cell *cell,
                       const struct ending *ending)
{
    char what[512], left[32];
    struct pace *pace = pace_of(progress, cell);
    progress->done++;
    if (ending->outcome == OUTCOME_UNSUPPORTED ||
        cell->allocator->ending.outcome != OUTCOME_OK) {
        pace->guessed_s -= guess_s(progress, cell); /* it took no time */
    } else {
        pace->guessed_done_s += guess_s(progress, cell);
        pace->last_ns = meter_linux.now_ns();
    }
    progress->failed += ending->outcome > OUTCOME_UNSUPPORTED;
    describe(cell, what, sizeof what);
    const bool ok = ending->outcome == OUTCOME_OK;
    if ((progress->terminal && ok) || !is_heard()) {
        return;
    }
    time_to_go(progress_seconds_left(progress), left, sizeof left);
    (void)fprintf(stderr, "%s%zu/%zu %s: %s%s%s; about %s to go\n",
                  progress->terminal ? "\r\033[K" : "", progress->done,
                  progress->total, what, outcome_names[ending->outcome],
                  ok ? "" : ": ", ending->reason.text, left);
}

void progress_end(const struct progress *progress)
{
    if (progress->terminal) {
        (void)fputs("\r\033[K", stderr);
    }
}
