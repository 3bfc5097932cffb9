/* Results as JSON Lines (results/README.md): one process per line.
 *
 * A line is appended with one write and synced, so whatever is in the file
 * was measured whole. A torn last line is dropped when a run is resumed.
 */
#ifndef GIVEBACK_RECORD_H
#define GIVEBACK_RECORD_H

#include <limits.h>
#include <sys/types.h>

#include "child.h"
#include "machine.h"
#include "matrix.h"
#include "timeline.h"

struct record {
    int fd;
    const char *path; /* the caller's, or `elsewhere`; NULL: file is lost */
    char id[64];      /* of the run */
    char elsewhere[PATH_MAX]; /* where it was moved or put back to */
};

/* What the first line says besides the plan. */
struct run_facts {
    const char *verb; /* that was typed: "run" */
    const struct run_options *options;
    const struct machine *machine;
    int argc; /* the command as typed */
    char **argv;
    uint64_t memory_limit_bytes;
};

/* Creates the file with the run's line in it: nobody sees it without, for
 * such a file could neither be begun nor gone on with. STATUS_FAILED with the
 * reason where the file exists or cannot be written; there is none then. */
enum status record_create(struct record *record, const char *path,
                          const struct plan *plan,
                          const struct run_facts *facts,
                          struct reason *reason);

/* The command in the file's first line, for a resumed run; `command` gets
 * its words. STATUS_FAILED with the reason where it is no result file. */
enum status record_command(const char *path, struct texts *command,
                           struct reason *reason);

/* Opens the file of an interrupted run, drops a torn last line, and marks
 * the plan's cells that it holds as done. STATUS_FAILED with the reason where
 * the file is of another plan, or was begun under what would not be true of
 * cells measured now: another build, machine, kernel or libc. */
enum status record_resume(struct record *record, const char *path,
                          struct plan *plan, const struct run_facts *facts,
                          struct reason *reason);

/* Keeps other runs off the open file until it is closed. STATUS_FAILED with
 * the reason where one is writing it. */
enum status record_lock(const struct record *record, struct reason *reason);

/* Whether the file still has the name it was opened by. STATUS_FAILED with
 * the reason where it was moved, or removed and therefore put back: `path` is
 * then where it can be gone on with. */
enum status record_check_place(struct record *record, struct reason *reason);

/* Appends one cell. STATUS_FAILED with the reason where it cannot be written:
 * then the file is as it was before; or where it was taken away, see
 * record_check_place. */
enum status record_cell(struct record *record, const struct cell *cell,
                        const struct report *report,
                        const struct ending *ending,
                        const struct timeline *timeline,
                        const struct machine *machine, struct reason *reason);

void record_close(struct record *record);

#endif
