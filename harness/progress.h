/* Progress of a long run: what runs, how many are left, time to go.
 *
 * On a terminal one line is drawn over and over, on standard error; in a log
 * every finished cell is a plain line.
 */
#ifndef GIVEBACK_PROGRESS_H
#define GIVEBACK_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "child.h"
#include "matrix.h"

/* Cells that may overlap and cells that run alone are timed apart. */
struct pace {
    double guessed_s, guessed_done_s; /* of all cells; of those that ended */
    uint64_t started_ns, last_ns;     /* 0: none has started */
};

struct progress {
    bool terminal;
    size_t total, done, failed; /* done: also by an earlier run */
    struct pace overlapping, alone, slow;
    double settle_s; /* a regime */
    double jobs;     /* that share it */
    uint64_t drawn_ns;
};

void progress_begin(struct progress *progress, const struct plan *plan,
                    uint64_t jobs);

void progress_started(struct progress *progress, const struct cell *cell);

/* After each cell; `ending` says how it went. */
void progress_finished(struct progress *progress, const struct cell *cell,
                       const struct ending *ending);

/* Draws the line anew, at most four times a second: `running` cells, one of
 * them `cell`. */
void progress_draw(struct progress *progress, const struct cell *cell,
                   size_t running);

/* Clears the line. */
void progress_end(const struct progress *progress);

/* Seconds until all is done, as far as can be told. */
double progress_seconds_left(const struct progress *progress);

#endif
