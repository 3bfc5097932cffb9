/* The contract of a workload: what workloads/NAME.c does.
 *
 * workloads/NAME.c defines `const struct workload workload_NAME`; the build
 * finds it by its file name. The same seed gives the same requests on every
 * allocator. Every byte of every object is written. All bookkeeping lives in
 * scratch, outside the measured heap: between the first and the last sample
 * a workload calls nothing but `heap` and the functions below.
 *
 * Timed loops run batches of BATCH_OPERATIONS without a branch for
 * bookkeeping, copy the calls they use into locals and tally in locals: a
 * per-call account of live bytes costs 1.75 times the call.
 */
#ifndef GIVEBACK_API_WORKLOAD_H
#define GIVEBACK_API_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "allocator.h"
#include "parameter.h"
#include "random.h"
#include "status.h"

#define BATCH_OPERATIONS 4096

struct run; /* the harness's; reached by the functions below */

/* What a workload says at the end of a phase. */
struct phase {
    const char *name;     /* static text */
    uint64_t operations;  /* calls to the allocator in this phase */
    uint64_t live_blocks; /* blocks it holds now */
    uint64_t live_bytes;  /* requested bytes it holds now */
};

/* Visits one live block of `size` requested bytes. */
typedef void block_visitor(void *context, const void *block, size_t size);

/* Goes through one or more phases with the calls of `heap`. */
typedef enum status workload_step(struct run *run,
                                  const struct allocator_calls *heap);

/* What one build and drain come to, roughly: what the length of a run is
 * guessed from. */
struct effort {
    uint64_t calls;   /* to the allocator */
    uint64_t bytes;   /* asked for by all of them, and written */
    uint64_t idle_ns; /* slept by the workload itself */
};

struct workload {
    const char *name, *summary;
    const char *symptom; /* what a user sees */
    const char *source;  /* who reported it */
    const struct parameter *parameters;
    unsigned needs; /* capabilities; one that is missing: unsupported */
    /* Optional; what is absent is taken for the seed's. */
    struct effort (*effort)(const struct settings *settings);

    /* Before the base sample, untimed: scratch, random order. */
    enum status (*prepare)(struct run *run);
    /* The workload's own request size in bytes: what the warming pair and
     * the regime `tick_same` ask for. */
    size_t (*request_bytes)(const struct run *run);
    /* Up to the peak; its last phase is `fill`. Called again to refill: then
     * it allocates only what is not live. */
    workload_step *build;
    /* Down to the survivors; its last phase is `drain`. */
    workload_step *drain;
    /* Releases the survivors; absent where there are none. */
    workload_step *rest;
    /* Visits every live block; called between phases. */
    void (*each_live)(struct run *run, block_visitor *visit, void *context);
    /* The started team whose first member released last: the regime `tick`
     * makes its requests on that thread, `tick_other` on another. Absent, or
     * NULL: the main thread released, or those that did have ended. */
    struct team *(*releaser)(struct run *run);
};

/* ---- what a workload gets from its run -------------------------------- */

/* The parameters, complete and checked. */
const struct settings *run_settings(const struct run *run);

/* `bytes` of scratch memory: zeroed, resident, never in huge pages, between
 * guard pages, outside the measured heap, given back when the process ends.
 * Only in `prepare`. NULL when the machine has no more: then `prepare`
 * returns STATUS_FAILED, the reason is already written. */
void *run_scratch(struct run *run, size_t bytes);

/* The workload's own state: whatever `prepare` set, else NULL. */
void run_set_state(struct run *run, void *state);
void *run_state(const struct run *run);

/* The process's own malloc and free (alloc and release, nothing else), for
 * workloads about two allocators in one process. They are no way around the
 * kind `account`, which checks and hashes them too. Under the backend
 * `system` they and the measured heap are one allocator. */
const struct allocator_calls *run_own_malloc(struct run *run);

/* The seeded random stream of this run. */
struct random *run_random(struct run *run);

/* Writes the reason and returns STATUS_FAILED. */
__attribute__((format(printf, 2, 3))) enum status
run_fail(struct run *run, const char *format, ...);

/* Starts the phase's clock anew: what was done since the last phase ended
 * (a shuffle, say) is not part of the coming one. Optional. */
void begin_phase(struct run *run);

/* Ends the phase: stops the clock, samples, starts the clock of the next. */
void end_phase(struct run *run, const struct phase *phase);

/* Tells the timeline how far the phase is; once per batch. */
void publish(struct run *run, uint64_t operations, uint64_t live_bytes);

/* Sleeps, for workloads with a period of their own. Nanoseconds. */
void idle(struct run *run, uint64_t duration_ns);

/* ---- threads ------------------------------------------------------------
 *
 * A team is declared in `prepare` and started when the workload wants its
 * threads to be there. Between two bodies they are parked, blocked as the
 * threads of an idle service are, also through the regime; they end with
 * team_end or with the process. They are never pinned. A thread that ends
 * before its body returned (pthread_exit, the system call exit) ends the
 * process: the cell has crashed.
 */

/* One thread of a team, on a cache line of its own. */
struct member {
    _Alignas(64) struct run *run;
    unsigned index, count; /* this one and all of them */
    struct random random;  /* a stream of its own, from the seed and index */
    void *scratch;         /* its own share of the team's scratch */
    /* Its tally, summed up by team_run: the calls of this body, and what it
     * made and did not release since the team was made, which may be
     * negative: a consumer. */
    uint64_t operations;
    int64_t live_blocks, live_bytes;
    enum status status;
    struct reason reason;
    struct team *team;
    /* The harness's own. */
    unsigned number; /* among all threads of the run; the main thread is 0 */
    uint64_t published_operations;
    int64_t published_bytes;
    bool ended; /* its thread came to its end */
};

/* What a thread does. It may end phases, while no other member runs. */
typedef enum status team_body(struct member *member,
                              const struct allocator_calls *heap,
                              void *context);

/* A team declared in `prepare`: `count` members with `scratch_bytes` each.
 * NULL when the machine has no more memory, reason written. */
struct team *run_team(struct run *run, unsigned count, size_t scratch_bytes);

/* Starts the team's threads, each of which calls the allocator's thread_begin
 * and parks; returns when all are parked. A team that ended may be started
 * again, with new threads. STATUS_FAILED, reason written, where a thread
 * cannot be started. */
enum status team_start(struct run *run, struct team *team,
                       const struct allocator_calls *heap);

/* Runs `body` once per member of a started team, each on its thread, and
 * returns when all are parked again: the status of the first member, by
 * number, that is not OK, its reason written to the run. `total` gets the
 * members' tallies added up. */
enum status team_run(struct run *run, struct team *team, team_body *body,
                     void *context, struct phase *total);

/* Whether the team was started and has not ended. */
bool team_is_started(const struct team *team);

/* Ends the threads of a started team, each after the allocator's thread_end;
 * returns when all have ended. */
void team_end(struct team *team);

/* team_start, team_run, team_end: threads for one body. */
enum status run_threads(struct run *run, struct team *team,
                        const struct allocator_calls *heap, team_body *body,
                        void *context, struct phase *total);

/* Waits until every member whose body has not returned is here. */
void member_barrier(struct member *member);

/* Tells the timeline the member's tally, once per batch. A batch that others
 * may release is told before it is made, so that no sum is ever negative. */
void member_publish(struct member *member);

/* ---- processes ----------------------------------------------------------
 *
 * A crew is declared in `prepare` and forked when the workload wants its
 * processes to be there: each begins with the heap that the worker has then.
 * Between two bodies they are parked, also through the regime; they end with
 * crew_end or with the cell, however it ends. A process that dies before its
 * body returned ends the cell: it has crashed.
 *
 * A workload with a crew needs CAN_FORK. Its phases' live figures are the
 * worker's own; their operations, CPU time and faults are those of all
 * processes, and `processes` of a sample is what all of them hold.
 */

enum { CREW_MAX = 64 }; /* processes */

/* One process of a crew, in memory that all of them share. */
struct hand {
    _Alignas(64) struct run *run;
    unsigned index, count; /* this one and all of them */
    struct random random;  /* a stream of its own, from the seed and index */
    /* Its tally: the calls of this body, and what the process holds, which
     * is at first what the worker held when it forked. */
    uint64_t operations, live_blocks, live_bytes;
    enum status status;
    struct reason reason;
    /* The harness's own. */
    uint64_t published_operations;
    struct hand_work *work;
};

/* What a process does. It ends no phases, and what it writes is its own:
 * nothing but its `hand` is shared. */
typedef enum status crew_body(struct hand *hand,
                              const struct allocator_calls *heap,
                              void *context);

/* The crew of the run, declared in `prepare`: up to CREW_MAX processes. NULL,
 * reason written, where there can be none, or one was declared before. */
struct crew *run_crew(struct run *run, unsigned count);

/* Forks the crew and returns when all are parked. STATUS_FAILED, reason
 * written, where one cannot be forked, or copies of what the worker holds
 * might be more than the cell may hold. */
enum status crew_start(struct run *run, struct crew *crew,
                       const struct allocator_calls *heap);

/* Runs `body` once in every process at once and returns when all are parked
 * again: the status of the first, by index, that is not OK, its reason written
 * to the run. `context` must have been there when the crew was forked.
 * `operations` gets the calls of all. */
enum status crew_run(struct run *run, struct crew *crew, crew_body *body,
                     void *context, uint64_t *operations);

/* Whether the crew was forked and has not ended. */
bool crew_is_started(const struct crew *crew);

/* Ends the processes; returns when all have ended. */
void crew_end(struct crew *crew);

/* Tells the calls so far, once per batch. */
void hand_publish(struct hand *hand);

#endif
