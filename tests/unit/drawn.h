/* What a workload draws in `prepare`, without a cell around it. */
#ifndef GIVEBACK_UNIT_DRAWN_H
#define GIVEBACK_UNIT_DRAWN_H

#include "unit.h"

#include "../../workloads/support/course.h"
#include "run_inside.h"

/* Prepares the workload of that address from a seed and returns its state: a
 * course. It lives as long as the process. */
static inline const struct course *drawn(const char *address, uint64_t seed)
{
    static struct report report;
    static struct chosen_workload chosen;
    static struct cell_parts parts;
    static struct run run;
    struct reason reason = {""};
    if (resolve_workload(address, &chosen, &reason) != STATUS_OK) {
        fail_msg("%s", reason.text);
    }
    parts = (struct cell_parts){.workload = &chosen};
    run = (struct run){
        .parts = &parts,
        .report = &report,
        .random = random_seeded(seed),
    };
    if (chosen.workload->prepare(&run) != STATUS_OK) {
        fail_msg("%s", report.reason.text);
    }
    return run.state;
}

#endif
