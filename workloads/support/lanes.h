/* Lanes: what the threads of a workload do, each on blocks of its own.
 *
 * A lane is a table of blocks and a script, one for each member of a team.
 * Scripts are drawn between the phases by the main thread, a lane's from a
 * stream of its own, so that a lane asks for the same however many there are
 * and whenever its thread comes to run. All lanes are then run at once.
 */
#ifndef GIVEBACK_SUPPORT_LANES_H
#define GIVEBACK_SUPPORT_LANES_H

#include "script.h"
#include "size_mix.h"

enum { LANES_MAX = 1024 };

struct lane {
    struct block_table table;
    struct script script; /* of the phase to come; never of the one before */
    struct random random;
};

/* Made to be the first member of the workload's state. */
struct lanes {
    struct team *team; /* one member for each lane */
    struct lane *lanes;
    size_t count;
    size_t shift; /* in the phase under way: member i runs lane i + shift */
};

/* The parameter of every such workload. */
#define THREADS_PARAMETER(threads_preset, threads_meaning)                    \
    {                                                                         \
        .key = "threads", .meaning = (threads_meaning),                       \
        .preset = (threads_preset), .minimum = 1, .maximum = LANES_MAX        \
    }

/* Readies `lanes` in scratch, the state of the run, with as many lanes as the
 * parameter `threads` says, each of so many blocks and requests; no thread is
 * started. STATUS_FAILED, reason written, where there is not enough, as where
 * `lanes` is NULL. In `prepare`. */
enum status lanes_prepare(struct run *run, struct lanes *lanes, uint64_t slots,
                          uint64_t requests);

/* Runs every lane's script, each on a thread of its own, and ends the phase;
 * the threads are started where they are not, and stay parked. The phase's
 * clock begins when it is called. */
enum status lanes_run(struct run *run, struct lanes *lanes,
                      const struct allocator_calls *heap,
                      const char *phase_name);

/* The same with a body of the workload's own, whose context is the lanes; it
 * runs the script of the member's lane, in parts if it likes. */
enum status lanes_run_body(struct run *run, struct lanes *lanes,
                           team_body *body, const struct allocator_calls *heap,
                           const char *phase_name);

/* As lanes_run, on the next lane to each member's own: what a thread made
 * another one releases. */
enum status lanes_run_next(struct run *run, struct lanes *lanes,
                           const struct allocator_calls *heap,
                           const char *phase_name);

/* As lanes_run, and then the threads end. */
enum status lanes_run_and_end(struct run *run, struct lanes *lanes,
                              const struct allocator_calls *heap,
                              const char *phase_name);

/* Empties the lane's script. */
void lane_begin(struct lane *lane);

/* Appends to the lane's script releases of the live blocks in its slots from
 * `first` to below `last`, in that order. */
void lane_release(struct lane *lane, size_t first, size_t last);

/* Appends blocks of the mixture for the free slots from `first` to below
 * `last`. */
void lane_make(struct lane *lane, size_t first, size_t last,
               const struct size_range *mix);

/* Of the steps of a workload: releases whatever is live, each lane's blocks on
 * its own thread. */
enum status lanes_rest(struct run *run, const struct allocator_calls *heap);
void lanes_each_live(struct run *run, block_visitor *visit, void *context);

/* The team, for the regime `tick`. */
struct team *lanes_releaser(struct run *run);

#endif
