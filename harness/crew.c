/* Crews of forked processes for workloads with more than one.
 *
 * Everything that two processes speak about lies in shared scratch; the rest
 * of a hand's memory is a copy of the worker's, as a server's is. The worker
 * waits for its hands and looks now and then whether one of them is gone.
 *
 * Invariant: a hand that is parked waits for its `called`; as many as the
 * worker waits for post `parked` once each.
 */
#include "crew.h"

#include <errno.h>
#include <inttypes.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "run_inside.h"
#include "scratch.h"

enum { LOOK_NS = 100000000, NS_PER_S = 1000000000 };

/* Defined where the program is built for coverage: counts are written at
 * exit, which a hand does not reach. */
extern void __gcov_dump(void) __attribute__((weak));

/* The harness's own part of a hand. */
struct hand_work {
    sem_t called;
    struct usage seen; /* up to here it is counted */
    struct usage used; /* since it was last called */
    bool ended;        /* as it was told */
};

struct crew {
    unsigned count, started;
    struct hand hands[CREW_MAX];
    struct hand_work works[CREW_MAX];
    pid_t pids[CREW_MAX]; /* of the first `started` */
    sem_t parked;
    bool leaving;

    const struct allocator_calls *heap;
    crew_body *body;
    void *context;
};

/* ---- making ---------------------------------------------------------------
 */

struct crew *run_crew(struct run *run, unsigned count)
{
    if (count == 0 || count > CREW_MAX || run->crew) {
        (void)run_fail(run,
                       run->crew ? "a run has one crew, and this is another"
                                 : "a crew of %u cannot be",
                       count);
        return NULL;
    }
    struct crew *crew = scratch_map_shared(sizeof *crew, &run->report->reason);
    if (!crew) {
        return NULL;
    }
    crew->count = count;
    (void)sem_init(&crew->parked, 1, 0);
    for (unsigned i = 0; i < count; i++) {
        crew->hands[i] = (struct hand){
            .run = run,
            .index = i,
            .count = count,
            .random = random_seeded(random_next(run_random(run))),
            .work = &crew->works[i],
        };
        (void)sem_init(&crew->works[i].called, 1, 0);
    }
    run->crew = crew;
    return crew;
}

/* ---- what a hand does -----------------------------------------------------
 */

void hand_publish(struct hand *hand)
{
    atomic_fetch_add_explicit(&hand->run->report->operations,
                              hand->operations - hand->published_operations,
                              memory_order_relaxed);
    hand->published_operations = hand->operations;
}

/* Adds what the process used since it was last counted. */
static void count_usage(const struct hand *hand)
{
    struct hand_work *work = hand->work;
    struct usage now;
    hand->run->meter->read_usage(&now);
    work->used.cpu_ns += now.cpu_ns - work->seen.cpu_ns;
    work->used.minor_faults += now.minor_faults - work->seen.minor_faults;
    work->used.major_faults += now.major_faults - work->seen.major_faults;
    work->seen = now;
}

/* The kind checks in every process what that process asked for. */
static enum status check(struct hand *hand)
{
    const struct kind *kind = hand->run->parts->kind;
    const struct phase phase = {hand->run->last_phase, hand->operations,
                                hand->live_blocks, hand->live_bytes};
    return kind->check ? kind->check(&phase, &hand->reason) : STATUS_OK;
}

/* Runs one body after the other until the crew ends. */
static void follow(struct crew *crew, struct hand *hand)
{
    for (;;) {
        count_usage(hand);
        (void)sem_post(&crew->parked);
        while (sem_wait(&hand->work->called) != 0) { /* EINTR */
        }
        if (crew->leaving) {
            return;
        }
        hand->status = crew->body(hand, crew->heap, crew->context);
        if (hand->status == STATUS_OK) {
            hand->status = check(hand);
        }
    }
}

/* The life of a forked process, which never outlives the worker. */
__attribute__((noreturn)) static void live(struct crew *crew,
                                           struct hand *hand, pid_t worker)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == worker) { /* else it died before the line above */
        hand->run->meter->read_usage(&hand->work->seen);
        follow(crew, hand);
        hand->work->ended = true;
    }
    if (__gcov_dump) {
        __gcov_dump();
    }
    _exit(EXIT_SUCCESS);
}

/* ---- what the worker does -------------------------------------------------
 */

/* The cell has crashed, in words that its parent reads. The other hands die
 * with the worker. */
__attribute__((noreturn)) static void lose(const struct crew *crew,
                                           unsigned index, int status)
{
    char words[160], how[64];
    if (WIFSIGNALED(status)) {
        const char *name = sigabbrev_np(WTERMSIG(status));
        (void)snprintf(how, sizeof how, "was killed by SIG%s",
                       name ? name : "?");
    } else {
        (void)snprintf(how, sizeof how, "left with exit status %d",
                       WEXITSTATUS(status));
    }
    const int length = snprintf(words, sizeof words,
                                "forked process %u of %u %s before its work "
                                "was done\n",
                                index + 1, crew->count, how);
    (void)!write(STDERR_FILENO, words, (size_t)length);
    abort();
}

/* No hand ends while the worker waits for it. */
static void look_for_lost(const struct crew *crew)
{
    for (unsigned i = 0; i < crew->started; i++) {
        int status = 0;
        if (waitpid(crew->pids[i], &status, WNOHANG) == crew->pids[i]) {
            lose(crew, i, status);
        }
    }
}

static void wait_for_one(struct crew *crew)
{
    for (;;) {
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += LOOK_NS;
        until.tv_sec += until.tv_nsec / NS_PER_S;
        until.tv_nsec %= NS_PER_S;
        if (sem_clockwait(&crew->parked, CLOCK_MONOTONIC, &until) == 0) {
            return;
        }
        if (errno == ETIMEDOUT) {
            look_for_lost(crew);
        }
    }
}

static void wait_until_parked(struct crew *crew)
{
    for (unsigned i = 0; i < crew->started; i++) {
        wait_for_one(crew);
    }
}

/* Adds what the hands used to the phase, and counts anew. */
static void take_usage(struct run *run, struct crew *crew)
{
    struct usage *sum = &run->crew_usage;
    for (unsigned i = 0; i < crew->started; i++) {
        struct usage *used = &crew->works[i].used;
        sum->cpu_ns += used->cpu_ns;
        sum->minor_faults += used->minor_faults;
        sum->major_faults += used->major_faults;
        *used = (struct usage){0};
    }
}

/* Every process may come to have a copy of all, and the watchdog sees the
 * worker's own. The peak is this process's: ru_maxrss would be that of whoever
 * started it, where that had more. */
static enum status check_room(struct run *run, const struct crew *crew)
{
    const uint64_t limit_bytes = run->parts->order->memory_bytes;
    const uint64_t peak_bytes = limit_bytes ? run->meter->read_peak() : 0;
    const uint64_t copies = crew->count + 1;
    if (peak_bytes == UNKNOWN || peak_bytes <= limit_bytes / copies) {
        return STATUS_OK;
    }
    return run_fail(run,
                    "%u forked processes may come to hold %" PRIu64
                    " MiB, and a cell may hold %" PRIu64
                    " MiB: ask for fewer, or for a smaller heap",
                    crew->count, peak_bytes * copies >> 20, limit_bytes >> 20);
}

enum status crew_start(struct run *run, struct crew *crew,
                       const struct allocator_calls *heap)
{
    const pid_t worker = getpid();
    int error = 0;
    if (check_room(run, crew) != STATUS_OK) {
        return STATUS_FAILED;
    }
    crew->heap = heap;
    crew->leaving = false;
    for (crew->started = 0; crew->started < crew->count; crew->started++) {
        struct hand *hand = &crew->hands[crew->started];
        hand->live_blocks = run->merged.live_blocks;
        hand->live_bytes = run->merged.live_bytes;
        const pid_t pid = fork();
        if (pid == 0) {
            live(crew, hand, worker);
        }
        if (pid < 0) {
            error = errno;
            break;
        }
        crew->pids[crew->started] = pid;
    }
    wait_until_parked(crew);
    take_usage(run, crew);
    return error ? run_fail(run, "process %u of %u cannot be forked: %s",
                            crew->started + 1, crew->count, strerror(error))
                 : STATUS_OK;
}

bool crew_is_started(const struct crew *crew)
{
    return crew->started > 0;
}

unsigned crew_pids(const struct crew *crew, const pid_t **pids)
{
    *pids = crew ? crew->pids : NULL;
    return crew ? crew->started : 0;
}

enum status crew_run(struct run *run, struct crew *crew, crew_body *body,
                     void *context, uint64_t *operations)
{
    crew->body = body;
    crew->context = context;
    atomic_store_explicit(&run->report->operations, 0, memory_order_relaxed);
    for (unsigned i = 0; i < crew->started; i++) {
        crew->hands[i].operations = crew->hands[i].published_operations = 0;
        (void)sem_post(&crew->works[i].called);
    }
    wait_until_parked(crew);
    take_usage(run, crew);
    *operations = 0;
    for (unsigned i = 0; i < crew->started; i++) {
        const struct hand *hand = &crew->hands[i];
        if (hand->status != STATUS_OK) {
            run->report->reason = hand->reason;
            return hand->status;
        }
        *operations += hand->operations;
    }
    return STATUS_OK;
}

void crew_end(struct crew *crew)
{
    crew->leaving = true;
    for (unsigned i = 0; i < crew->started; i++) {
        (void)sem_post(&crew->works[i].called);
    }
    for (unsigned i = 0; i < crew->started; i++) {
        int status = 0;
        while (waitpid(crew->pids[i], &status, 0) < 0 && errno == EINTR) {
        }
        if (!crew->works[i].ended) {
            lose(crew, i, status);
        }
        crew->works[i].ended = false;
    }
    crew->started = 0;
}
