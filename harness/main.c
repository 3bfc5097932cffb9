/* giveback: one entry point, verbs like git's. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nearest.h"
#include "options.h"
#include "verbs.h"
#include "version.h"
#include "worker.h"

struct verb {
    const char *name, *summary;
    int (*run)(int argc, char **argv); /* NULL: a Python script */
};

static const struct verb verbs[] = {
    {"run", "measure: allocators x workloads, one process per cell", verb_run},
    {"micro", "micro-benchmarks of allocators, by Google Benchmark",
     verb_micro},
    {"list", "allocators, workloads, metrics, suites", verb_list},
    {"program", "a command of your own under each allocator", NULL},
    {"show", "the table of a result file", NULL},
    {"compare", "what changed between two results, or two allocators", NULL},
    {"check", "compare with a baseline; the exit code says regression", NULL},
    {"baseline", "make or renew what check compares with", NULL},
    {"ci", "two builds of an allocator in one run: verdicts, reports", NULL},
    {"export", "results in the formats of other programs", NULL},
    {"report", "results as one page to look at, without network", NULL},
    {"merge", "join result files of several runs or hosts", NULL},
    {"doctor", "what this host can and cannot see, and what to do", NULL},
};

enum { VERB_COUNT = sizeof verbs / sizeof *verbs };

static void print_usage(FILE *out)
{
    (void)fprintf(
        out, "giveback: after the peak, does the memory come back to the\n"
             "operating system: how much, how soon, at what cost?\n\n"
             "usage: giveback VERB [OPTION...]\n\n");
    for (size_t i = 0; i < VERB_COUNT; i++) {
        (void)fprintf(out, "  %-8s  %s\n", verbs[i].name, verbs[i].summary);
    }
    (void)fprintf(out, "\n'giveback VERB --help' tells more of each; "
                       "'giveback --version' the version.\n");
}

static int run_verb(const struct verb *verb, int argc, char **argv)
{
    char name[64];
    if (!verb->run) {
        return become_python_verb(verb->name, argv + 1);
    }
    (void)snprintf(name, sizeof name, "giveback %s", verb->name);
    argv[0] = name;
    return verb->run(argc, argv);
}

static int unknown_verb(const char *name)
{
    struct nearest nearest = {.typed = name, .length = strlen(name)};
    for (size_t i = 0; i < VERB_COUNT; i++) {
        nearest_offer(&nearest, verbs[i].name);
    }
    (void)fprintf(stderr,
                  "giveback: no verb '%s': did you mean '%s'? (giveback "
                  "--help)\n",
                  name, nearest.name);
    return EXIT_USAGE;
}

/* A descriptor closed by the caller (`2>&-`) would go to the next file that
 * is opened, the results, and what is printed would go into them. */
static void open_standard_descriptors(void)
{
    int fd = 0;
    while (fd >= 0 && fd <= STDERR_FILENO) {
        fd = open("/dev/null", O_RDWR);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
}

int main(int argc, char **argv)
{
    open_standard_descriptors();
    if (argc < 2) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "cell") == 0) {
        worker_main(argc - 2, argv + 2, run_cell);
    }
    if (strcmp(argv[1], "identify") == 0) {
        return verb_identify(argc - 1, argv + 1);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return EXIT_SUCCESS;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("giveback %s (%s)\n", GIVEBACK_VERSION, GIVEBACK_COMMIT);
        return EXIT_SUCCESS;
    }
    for (size_t i = 0; i < VERB_COUNT; i++) {
        if (strcmp(verbs[i].name, argv[1]) == 0) {
            return run_verb(&verbs[i], argc - 1, argv + 1);
        }
    }
    return unknown_verb(argv[1]);
}
