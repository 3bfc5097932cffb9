/* Results as JSON Lines (results/README.md): one process per line.
 *
 * A line is appended with one write and synced, so whatever is in the file
 * was measured whole. A torn last line is dropped when a run is resumed.
 */
#ifndef GIVEBACK_RECORD_H
#define GIVEBACK_RECORD_H

#include <sys/types.h>

#include "child.h"
#include "machine.h"
#include "matrix.h"
#include "timeline.h"

struct record {
    int fd;
    const char *path; /* the caller's */
    char id[64];      /* of the run */
};

/* What the first line says besides the plan. */
struct run_facts {
    const struct run_options *options;
    const struct machine *machine;
    int argc; /* the command as typed */
    char **argv;
    uint64_t memory_limit_bytes;
};

/* Creates the file and writes the run's line. STATUS_FAILED with the reason
 * where the file exists or cannot be written. */
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
 * the file is of another plan. */
enum status record_resume(struct record *record, const char *path,
                          struct plan *plan, struct reason *reason);

/* Appends one cell. STATUS_FAILED with the reason where it cannot be written:
 * then the file is as it was before. */
enum status record_cell(struct record *record, const struct cell *cell,
                        const struct report *report,
                        const struct ending *ending,
                        const struct timeline *timeline,
                        const struct machine *machine, struct reason *reason);

void record_close(struct record *record);

#endif
