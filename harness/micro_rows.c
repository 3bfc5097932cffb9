/* The cells of a process of `giveback micro`, from what it left. */
#include "micro_rows.h"

#include <string.h>

#include "micro_record.h"

static void fail(struct ending *ending, enum outcome outcome,
                 const char *message)
{
    ending->outcome = outcome;
    (void)explain(&ending->reason, STATUS_FAILED, "%.200s",
                  *message ? message : "no reason was given");
}

/* All else is unknown of a loop. */
static void add_sample(struct report *report, const struct micro_record *from)
{
    struct sample *sample = &report->samples[report->sample_count++];
    memset(sample, 0xff, sizeof *sample);
    (void)snprintf(sample->phase, sizeof sample->phase, "loop");
    sample->operations = from->iterations;
    sample->usage.wall_ns = from->wall_ns;
    sample->usage.cpu_ns = from->cpu_ns;
}

static bool is_figure(const struct micro_record *record)
{
    return record->iterations > 0 && record->iterations <= INT64_MAX &&
           record->wall_ns != UNKNOWN && record->cpu_ns != UNKNOWN;
}

/* A run without figures is one of the process's outcomes. */
static void take(const struct micro_record *record, struct report *report,
                 struct ending *ending)
{
    if (record->end == MICRO_UNSUPPORTED) {
        fail(ending, OUTCOME_UNSUPPORTED, record->message);
    } else if (record->end != MICRO_OK) {
        fail(ending, OUTCOME_FAILED, record->message);
    } else if (!is_figure(record)) {
        fail(ending, OUTCOME_FAILED, "the loop has no time");
    } else if (report->sample_count == SAMPLE_CAPACITY) {
        fail(ending, OUTCOME_FAILED,
             "more repetitions than a row holds: ask for 256 at most");
    } else {
        add_sample(report, record);
    }
}

void micro_cell_figures(const struct cell *cell, struct micro_process *process,
                        struct ending *ending)
{
    struct report *report = &process->report;
    size_t found = 0;
    report->sample_count = 0;
    *ending = (struct ending){.outcome = OUTCOME_OK,
                              .exit_status = process->ending.exit_status};
    for (size_t i = 0; i < process->record_count; i++) {
        const struct micro_record *record = &process->records[i];
        if (strcmp(record->name, cell->workload->typed) == 0) {
            found++;
            take(record, report, ending);
        }
    }
    if (found == 0) {
        *ending = process->ending;
        if (ending->outcome == OUTCOME_OK) {
            fail(ending, OUTCOME_FAILED, "it was not run");
        }
    }
}
