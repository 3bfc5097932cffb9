/* One cell in a process of its own: start it, hear of its end, judge it.
 *
 * The worker is this program executed again (`giveback cell ...`): a fork
 * alone would hand the parent's resident memory to the child. It gets a
 * fixed environment, argv[0] and working directory, ASLR on or off, and dies
 * with its parent.
 */
#ifndef GIVEBACK_CHILD_H
#define GIVEBACK_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "order.h"
#include "report.h"
#include "resolve.h"
#include "versions.h"

enum outcome {
    OUTCOME_OK,
    OUTCOME_UNSUPPORTED,
    OUTCOME_FAILED,
    OUTCOME_CRASHED,
    OUTCOME_TIMED_OUT,
};

extern const char *const outcome_names[];

/* What the worker inherits besides its order. */
struct child_setup {
    const char *program;            /* absolute path of this program */
    const char *const *launcher;    /* words put before it; ends in NULL */
    const struct version *version;  /* fetched, with its loader; or NULL */
    const char *const *environment; /* the variant's; may be NULL */
    const char *group_procs;        /* memory_group.h; NULL: none */
    bool aslr, thp_off;
    bool writes_files;        /* more than words: counts of callgrind, JSON */
    int output_fd;            /* its standard output; 0: none */
    int results_fd;           /* what it finds as WORKER_RESULTS_FD; 0: none */
    const char *const *words; /* after its order; ends in NULL, may be NULL */
    int cpu;                  /* pinned to this one; -1: not pinned */
};

struct child {
    pid_t pid; /* 0: none */
    int pidfd; /* readable when it has ended */
    int turn_fd;
    int statm_fd;
    int words_fd;          /* its standard error */
    struct report *report; /* shared with it; until child_free */
};

/* How a cell ended. */
struct ending {
    enum outcome outcome;
    struct reason reason; /* empty when ok */
    int exit_status;      /* -1: it did not exit */
    char signal[16];      /* "SIGSEGV"; empty: none */
};

/* STATUS_FAILED with the reason where the process cannot be made. */
enum status child_start(struct child *child, const struct child_setup *setup,
                        const struct order *order, struct reason *reason);

/* Resident bytes now; UNKNOWN once it is gone. About 1 us. */
uint64_t child_resident(const struct child *child);

/* The most words that may be added to an order. */
enum { CHILD_WORDS_MAX = 40 };

/* Ends it at once. child_collect follows. */
void child_kill(const struct child *child);

/* Waits for the end and judges it by its report and its exit. Whoever killed
 * it judges for himself. */
void child_collect(struct child *child, struct ending *ending);

/* Gives everything back, the report too. */
void child_free(struct child *child);

/* The file descriptors that the worker finds open. */
enum { WORKER_REPORT_FD = 3, WORKER_TURN_FD = 4, WORKER_RESULTS_FD = 5 };

/* Bytes on the turn socket: the worker's words and the parent's. */
enum { TURN_SETTLING = 's', TURN_WANTED = 'w', TURN_GRANTED = 'g' };

#endif
