/* Conducts a run: starts the plan's cells, watches them, records them.
 *
 * Builds and drains of memory runs go one at a time; only the seconds of
 * their regimes overlap, `jobs` at most. Kinds that must be alone run when
 * nothing else does. While memory runs are under way the parent samples their
 * resident memory on an absolute grid of 1 kHz (100 Hz on a single CPU) and
 * ends the one that asks for more than the machine has.
 */
#ifndef GIVEBACK_CONDUCT_H
#define GIVEBACK_CONDUCT_H

#include "machine.h"
#include "matrix.h"
#include "progress.h"
#include "record.h"

struct conduct {
    struct plan *plan;
    struct record *record;
    struct progress *progress;
    const struct machine *machine;
    const struct run_options *options;
    const char *program;         /* absolute path of this program */
    const char *const *launcher; /* words before it; ends in NULL */
    uint64_t memory_limit_bytes;
};

/* What a run came to. */
struct conclusion {
    size_t failed;      /* cells that are neither ok nor unsupported */
    bool interrupted;   /* by a signal; the rest was not run */
    enum status status; /* STATUS_FAILED: results cannot be written */
    struct reason reason;
};

/* What a worker of this allocator inherits; `kind` and `workload` are NULL
 * where it is only identified. */
struct child_setup conduct_setup(const struct conduct *conduct,
                                 const struct planned_allocator *planned,
                                 const struct kind *kind,
                                 const struct workload *workload);

/* Attaches every allocator once, in a process of its own, tries its blocks
 * (self_check.h), and notes in the plan what it proved to be. */
void conduct_identify(const struct conduct *conduct);

/* Runs every cell that is not done. One whose allocator did not come through
 * conduct_identify ends as that did, without being run. */
struct conclusion conduct_run(const struct conduct *conduct);

#endif
