/* Teams of threads for workloads with more than one.
 *
 * Stacks come from scratch, so that a thread costs the measured process no
 * more than glibc's own record of it. A team's calls are made between two
 * phases' ends like any other.
 *
 * Invariant: `busy` members are on their way to being parked; whoever waits
 * for them looks now and then whether one of them is gone.
 */
#include "threads.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "run_inside.h"
#include "scratch.h"

#ifdef __SANITIZE_THREAD__
/* The thread sanitizer puts 0.9 MiB of its own on every stack. */
enum { THREAD_STACK_BYTES = 2 * 1024 * 1024 };
#else
enum { THREAD_STACK_BYTES = 256 * 1024 };
#endif

enum { LOOK_NS = 100000000, NS_PER_S = 1000000000 };

struct team {
    unsigned count;
    struct member *members; /* `count` of them */
    char *stacks;
    pthread_t *threads;
    bool started;

    pthread_mutex_t mutex; /* of everything below */
    pthread_cond_t work, parked, passed;
    unsigned round;  /* of bodies so far */
    unsigned called; /* members that take part in this round */
    unsigned busy;   /* of them: not yet parked */
    bool leaving;
    unsigned at_barrier, passes; /* of `busy` members; barriers so far */

    const struct allocator_calls *heap;
    team_body *body;
    void *context;
};

static _Thread_local unsigned own_number;

unsigned thread_number(void)
{
    return own_number;
}

/* ---- making ---------------------------------------------------------------
 */

static void make_members(struct run *run, struct team *team, char *scratch,
                         size_t scratch_bytes, struct random *random)
{
    for (unsigned i = 0; i < team->count; i++) {
        team->members[i] = (struct member){
            .run = run,
            .index = i,
            .count = team->count,
            .random = random_seeded(random_next(random)),
            .scratch = scratch + i * scratch_bytes,
            .team = team,
            .number = ++run->thread_count,
        };
    }
    (void)pthread_mutex_init(&team->mutex, NULL);
    (void)pthread_cond_init(&team->work, NULL);
    (void)pthread_cond_init(&team->parked, NULL);
    (void)pthread_cond_init(&team->passed, NULL);
}

struct team *team_make(struct run *run, unsigned count, size_t scratch_bytes,
                       struct random *random)
{
    if (count == 0 || scratch_bytes > SIZE_MAX / 2 / count) {
        (void)run_fail(run, "a team of %u with %zu bytes each cannot be",
                       count, scratch_bytes);
        return NULL;
    }
    struct team *team = run_scratch(run, sizeof *team);
    if (!team) {
        return NULL;
    }
    const size_t share_bytes = (scratch_bytes + 63) / 64 * 64;
    team->count = count;
    team->members = run_scratch(run, count * sizeof *team->members);
    team->threads = run_scratch(run, count * sizeof *team->threads);
    team->stacks = run_scratch(run, (size_t)count * THREAD_STACK_BYTES);
    char *scratch = run_scratch(run, count * share_bytes + 1);
    if (!team->stacks) {
        (void)run_fail(run,
                       "no memory for the stacks of %u threads: ask for "
                       "fewer threads",
                       count);
        return NULL;
    }
    if (!team->members || !team->threads || !scratch) {
        return NULL;
    }
    make_members(run, team, scratch, share_bytes, random);
    return team;
}

struct team *run_team(struct run *run, unsigned count, size_t scratch_bytes)
{
    return team_make(run, count, scratch_bytes, run_random(run));
}

/* ---- what a member does ---------------------------------------------------
 */

/* The last to come lets all pass; nobody who has returned is waited for. */
static void pass_barrier(struct team *team)
{
    if (team->at_barrier > 0 && team->at_barrier == team->busy) {
        team->at_barrier = 0;
        team->passes++;
        (void)pthread_cond_broadcast(&team->passed);
    }
}

void member_barrier(struct member *member)
{
    struct team *team = member->team;
    (void)pthread_mutex_lock(&team->mutex);
    const unsigned passes = team->passes;
    team->at_barrier++;
    pass_barrier(team);
    while (team->passes == passes) {
        (void)pthread_cond_wait(&team->passed, &team->mutex);
    }
    (void)pthread_mutex_unlock(&team->mutex);
}

void member_publish(struct member *member)
{
    struct report *report = member->run->report;
    atomic_fetch_add_explicit(
        &report->operations, member->operations - member->published_operations,
        memory_order_relaxed);
    atomic_fetch_add_explicit(
        &report->live_bytes,
        (uint64_t)(member->live_bytes - member->published_bytes),
        memory_order_relaxed);
    member->published_operations = member->operations;
    member->published_bytes = member->live_bytes;
}

/* With the mutex. */
static void park(struct team *team)
{
    team->busy--;
    pass_barrier(team);
    if (team->busy == 0) {
        (void)pthread_cond_signal(&team->parked);
    }
}

/* Runs one body after the other until the team ends; with the mutex, which
 * no body holds. */
static void follow(struct member *member, struct team *team)
{
    unsigned seen = team->round;
    for (park(team);; park(team)) {
        do {
            while (team->round == seen && !team->leaving) {
                (void)pthread_cond_wait(&team->work, &team->mutex);
            }
            seen = team->round;
        } while (!team->leaving && member->index >= team->called);
        if (team->leaving) {
            return;
        }
        (void)pthread_mutex_unlock(&team->mutex);
        member->status = team->body(member, team->heap, team->context);
        (void)pthread_mutex_lock(&team->mutex);
    }
}

static void *live(void *context)
{
    struct member *member = context;
    struct team *team = member->team;
    own_number = member->number;
    if (team->heap->thread_begin) {
        team->heap->thread_begin();
    }
    (void)pthread_mutex_lock(&team->mutex);
    follow(member, team);
    (void)pthread_mutex_unlock(&team->mutex);
    if (team->heap->thread_end) {
        team->heap->thread_end();
    }
    member->ended = true;
    return NULL;
}

/* ---- what the main thread does --------------------------------------------
 */

/* The cell has crashed, in words that its parent reads. */
__attribute__((noreturn)) static void lose(const struct team *team,
                                           unsigned index)
{
    char words[128];
    const int length =
        snprintf(words, sizeof words,
                 "thread %u of %u ended before its work was done: who called "
                 "pthread_exit?\n",
                 index + 1, team->count);
    (void)!write(STDERR_FILENO, words, (size_t)length);
    abort();
}

/* No thread of a team ends while the team waits for it. */
static void look_for_lost(const struct team *team, unsigned started)
{
    for (unsigned i = 0; i < started; i++) {
        if (pthread_tryjoin_np(team->threads[i], NULL) == 0) {
            lose(team, i);
        }
    }
}

/* With the mutex, until all are parked. */
static void wait_until_parked(struct team *team, unsigned started)
{
    while (team->busy > 0) {
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += LOOK_NS;
        until.tv_sec += until.tv_nsec / NS_PER_S;
        until.tv_nsec %= NS_PER_S;
        if (pthread_cond_clockwait(&team->parked, &team->mutex,
                                   CLOCK_MONOTONIC, &until) == ETIMEDOUT) {
            look_for_lost(team, started);
        }
    }
}

static int start_member(struct team *team, unsigned index)
{
    pthread_attr_t attributes;
    int error = pthread_attr_init(&attributes);
    if (error) {
        return error;
    }
    error = pthread_attr_setstack(
        &attributes, team->stacks + (size_t)index * THREAD_STACK_BYTES,
        THREAD_STACK_BYTES);
    if (!error) {
        error = pthread_create(&team->threads[index], &attributes, live,
                               &team->members[index]);
    }
    (void)pthread_attr_destroy(&attributes);
    return error;
}

enum status team_start(struct run *run, struct team *team,
                       const struct allocator_calls *heap)
{
    int error = 0;
    unsigned started = 0;
    team->heap = heap;
    (void)pthread_mutex_lock(&team->mutex);
    team->leaving = false;
    while (started < team->count) {
        team->members[started].ended = false;
        if ((error = start_member(team, started)) != 0) {
            break;
        }
        started++;
    }
    team->busy += started; /* the mutex held them back */
    wait_until_parked(team, started);
    (void)pthread_mutex_unlock(&team->mutex);
    team->started = !error;
    return error ? run_fail(run,
                            "thread %u of %u cannot be started: %s: ask for "
                            "fewer, or raise ulimit -u and pids.max",
                            started + 1, team->count, strerror(error))
                 : STATUS_OK;
}

bool team_is_started(const struct team *team)
{
    return team->started;
}

/* Lets the first `called` members run the body and waits for them. */
static void call(struct run *run, struct team *team, unsigned called,
                 team_body *body, void *context)
{
    for (unsigned i = 0; i < team->count; i++) {
        team->members[i].operations = 0; /* of this body; what lives stays */
        team->members[i].published_operations = 0;
    }
    atomic_store_explicit(&run->report->operations, 0, memory_order_relaxed);
    (void)pthread_mutex_lock(&team->mutex);
    team->body = body;
    team->context = context;
    team->called = team->busy = called;
    team->round++;
    (void)pthread_cond_broadcast(&team->work);
    wait_until_parked(team, team->count);
    (void)pthread_mutex_unlock(&team->mutex);
}

/* The first member that failed speaks for the team. */
static enum status judge(struct run *run, const struct team *team,
                         unsigned called)
{
    for (unsigned i = 0; i < called; i++) {
        const struct member *member = &team->members[i];
        if (member->status != STATUS_OK) {
            run->report->reason = member->reason;
            return member->status;
        }
    }
    return STATUS_OK;
}

static void sum_up(const struct team *team, struct phase *total)
{
    int64_t blocks = 0, bytes = 0;
    total->operations = 0;
    for (unsigned i = 0; i < team->count; i++) {
        const struct member *member = &team->members[i];
        total->operations += member->operations;
        blocks += member->live_blocks;
        bytes += member->live_bytes;
    }
    total->live_blocks = (uint64_t)blocks;
    total->live_bytes = (uint64_t)bytes;
}

enum status team_run(struct run *run, struct team *team, team_body *body,
                     void *context, struct phase *total)
{
    call(run, team, team->count, body, context);
    const enum status status = judge(run, team, team->count);
    if (status == STATUS_OK) {
        sum_up(team, total);
    }
    return status;
}

enum status team_run_first(struct run *run, struct team *team, team_body *body,
                           void *context)
{
    call(run, team, 1, body, context);
    return judge(run, team, 1);
}

void team_end(struct team *team)
{
    (void)pthread_mutex_lock(&team->mutex);
    team->leaving = true;
    (void)pthread_cond_broadcast(&team->work);
    (void)pthread_mutex_unlock(&team->mutex);
    for (unsigned i = 0; i < team->count; i++) {
        (void)pthread_join(team->threads[i], NULL);
        if (!team->members[i].ended) {
            lose(team, i);
        }
    }
    team->started = false;
}

enum status run_threads(struct run *run, struct team *team,
                        const struct allocator_calls *heap, team_body *body,
                        void *context, struct phase *total)
{
    enum status status = team_start(run, team, heap);
    if (status == STATUS_OK) {
        status = team_run(run, team, body, context, total);
        team_end(team);
    }
    return status;
}
