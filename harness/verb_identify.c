/* giveback identify: the run line alone, for verbs that measure by other means
 * than cells: what each allocator is, and on what machine. No verb of a user.
 */
#include "verbs.h"

#include <stdio.h>
#include <stdlib.h>

#include "conduct.h"
#include "options.h"
#include "printable.h"

static enum status identify(const struct run_options *options,
                            struct plan *plan, int argc, char **argv,
                            struct reason *reason)
{
    static const char *const launcher[] = {NULL};
    struct machine machine;
    struct record record = {.fd = -1};
    machine_read(&machine);
    const struct conduct conduct = {
        .plan = plan,
        .machine = &machine,
        .options = options,
        .program = program_path(),
        .launcher = launcher,
        .memory_limit_bytes = machine_memory_limit(&machine),
    };
    const struct run_facts facts = {.verb = "identify",
                                    .options = options,
                                    .machine = &machine,
                                    .argc = argc,
                                    .argv = argv,
                                    .memory_limit_bytes =
                                        conduct.memory_limit_bytes};
    conduct_identify(&conduct);
    const enum status status =
        record_create(&record, options->output, plan, &facts, reason);
    if (status == STATUS_OK) {
        record_close(&record);
    }
    return status;
}

int verb_identify(int argc, char **argv)
{
    struct run_options options;
    struct reason reason = {.text = ""};
    struct plan plan = {.cells = NULL};
    options_parse(&options, argc, argv);
    enum status status = plan_make(&options, &plan, &reason);
    if (status == STATUS_OK && !options.output) {
        status = explain(&reason, STATUS_FAILED, "name a file by -o");
    }
    if (status == STATUS_OK) {
        status = identify(&options, &plan, argc, argv, &reason);
    }
    if (status != STATUS_OK) {
        make_printable(reason.text);
        (void)fprintf(stderr, "giveback: %s\n", reason.text);
    }
    plan_free(&plan);
    options_free(&options);
    return status == STATUS_OK ? EXIT_SUCCESS : EXIT_USAGE;
}
