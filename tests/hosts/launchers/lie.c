/* lie HOW COMMAND: a worker that claims to have measured and did not.
 *
 * Where the worker is only to say which library it found, this process
 * becomes the command. In a cell it writes a report by hand and exits as if
 * all were well. HOW names what is wrong with the report; `nothing_wrong` is
 * the control.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"

static void tell_whole(struct report *report)
{
    report->sample_count = 1;
    (void)snprintf(report->samples[0].phase, sizeof report->samples[0].phase,
                   "%s", "fill");
    report->has_memory = true;
}

static void tell_no_samples(struct report *report)
{
    report->has_memory = true;
}

static void tell_no_memory(struct report *report)
{
    tell_whole(report);
    report->has_memory = false;
}

/* The same name, and another file than the run began with. */
static void tell_other_library(struct report *report)
{
    tell_whole(report);
    report->attached = true;
    memset(report->proof.sha256, 'f', sizeof report->proof.sha256 - 1);
}

static const struct {
    const char *how;
    void (*tell)(struct report *report);
} lies[] = {
    {"nothing_wrong", tell_whole},
    {"no_samples", tell_no_samples},
    {"no_memory", tell_no_memory},
    {"other_library", tell_other_library},
};

static int lie(const char *how)
{
    struct report *report = report_map(WORKER_REPORT_FD);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        if (report && strcmp(lies[i].how, how) == 0) {
            lies[i].tell(report);
            report->status = STATUS_OK;
            report->complete = true;
            return EXIT_SUCCESS;
        }
    }
    (void)fprintf(stderr, "lie: no report, or no lie '%s'\n", how);
    return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        (void)fputs("usage: lie HOW COMMAND\n", stderr);
        return 2;
    }
    for (int i = 3; i < argc; i++) {
        if (strcmp(argv[i], "kind=identify") == 0) {
            (void)execv(argv[2], argv + 2);
            return EXIT_FAILURE;
        }
    }
    return lie(argv[1]);
}
