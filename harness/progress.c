/* Progress of a long run. */
#include "progress.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "meter.h"

static const uint64_t DRAW_EVERY_NS = 250000000;
static const double NS_PER_S = 1e9;

static struct pace *pace_of(struct progress *progress, const struct cell *cell)
{
    return cell->kind->pinned ? &progress->alone : &progress->overlapping;
}

void progress_begin(struct progress *progress, const struct plan *plan,
                    uint64_t jobs)
{
    *progress = (struct progress){
        .terminal = isatty(STDERR_FILENO),
        .settle_ns = plan->settle_ns,
        .jobs = jobs,
    };
    for (size_t i = 0; i < plan->cell_count; i++) {
        progress->total++;
        if (plan->cells[i].done) {
            progress->done++;
        } else {
            pace_of(progress, &plan->cells[i])->total++;
        }
    }
}

/* Seconds for what is left of one pace; `guess_s` per cell until one ended. */
static double seconds_left(const struct pace *pace, double guess_s)
{
    if (pace->done > 0) {
        guess_s = (double)(pace->last_ns - pace->started_ns) / NS_PER_S /
                  (double)pace->done;
    }
    return guess_s * (double)(pace->total - pace->done);
}

double progress_seconds_left(const struct progress *progress)
{
    const double build_s = 0.7; /* of the seed's workload, until one ended */
    const double settle_s = (double)progress->settle_ns / NS_PER_S;
    return seconds_left(&progress->overlapping,
                        build_s + settle_s / (double)progress->jobs) +
           seconds_left(&progress->alone, build_s);
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
    pace->done++;
    pace->last_ns = meter_linux.now_ns();
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
