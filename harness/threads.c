/* A team of threads for workloads with more than one.
 *
 * Stacks come from scratch, so that a thread costs the measured process no
 * more than glibc's own record of it. The team's calls are made between two
 * phases' ends like any other.
 */
#include <pthread.h>
#include <string.h>

#include "run_inside.h"
#include "scratch.h"

#ifdef __SANITIZE_THREAD__
/* The thread sanitizer puts 0.9 MiB of its own on every stack. */
enum { THREAD_STACK_BYTES = 2 * 1024 * 1024 };
#else
enum { THREAD_STACK_BYTES = 256 * 1024 };
#endif

struct team {
    unsigned count;
    size_t scratch_bytes;
    struct member *members; /* `count` of them */
    char *stacks, *scratch;
    pthread_t *threads;
    pthread_barrier_t barrier;
    const struct allocator_calls *heap;
    team_body *body;
    void *context;
};

struct team *run_team(struct run *run, unsigned count, size_t scratch_bytes)
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
    team->count = count;
    team->scratch_bytes = (scratch_bytes + 63) / 64 * 64;
    team->members = run_scratch(run, count * sizeof *team->members);
    team->threads = run_scratch(run, count * sizeof *team->threads);
    team->stacks = run_scratch(run, (size_t)count * THREAD_STACK_BYTES);
    team->scratch = run_scratch(run, count * team->scratch_bytes + 1);
    if (!team->members || !team->threads || !team->stacks || !team->scratch) {
        return NULL;
    }
    struct random *random = run_random(run);
    for (unsigned i = 0; i < count; i++) {
        team->members[i] = (struct member){
            .run = run,
            .index = i,
            .count = count,
            .random = random_seeded(random_next(random)),
            .scratch = team->scratch + i * team->scratch_bytes,
            .team = team,
        };
    }
    return team;
}

static void *run_member(void *context)
{
    struct member *member = context;
    const struct team *team = member->team;
    if (team->heap->thread_begin) {
        team->heap->thread_begin();
    }
    member->status = team->body(member, team->heap, team->context);
    if (team->heap->thread_end) {
        team->heap->thread_end();
    }
    return NULL;
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
        error = pthread_create(&team->threads[index], &attributes, run_member,
                               &team->members[index]);
    }
    (void)pthread_attr_destroy(&attributes);
    return error;
}

/* Adds the tallies up; the first member that failed speaks for the team. */
static enum status sum_up(struct run *run, const struct team *team,
                          struct phase *total)
{
    int64_t blocks = 0, bytes = 0;
    total->operations = 0;
    for (unsigned i = 0; i < team->count; i++) {
        const struct member *member = &team->members[i];
        if (member->status != STATUS_OK) {
            run->report->reason = member->reason;
            return member->status;
        }
        total->operations += member->operations;
        blocks += member->live_blocks;
        bytes += member->live_bytes;
    }
    total->live_blocks = (uint64_t)blocks;
    total->live_bytes = (uint64_t)bytes;
    return STATUS_OK;
}

enum status run_threads(struct run *run, struct team *team,
                        const struct allocator_calls *heap, team_body *body,
                        void *context, struct phase *total)
{
    team->heap = heap;
    team->body = body;
    team->context = context;
    for (unsigned i = 0; i < team->count; i++) {
        team->members[i].operations = 0; /* of this phase; what lives stays */
    }
    int error = pthread_barrier_init(&team->barrier, NULL, team->count);
    unsigned started = 0;
    while (!error && started < team->count) {
        error = start_member(team, started);
        started += !error;
    }
    if (error) {
        /* The started ones may wait at a barrier for ever: the cell ends
         * here and with it the process. */
        return run_fail(run, "thread %u of %u cannot be started: %s", started,
                        team->count, strerror(error));
    }
    for (unsigned i = 0; i < started; i++) {
        (void)pthread_join(team->threads[i], NULL);
    }
    (void)pthread_barrier_destroy(&team->barrier);
    return sum_up(run, team, total);
}

void member_barrier(struct member *member)
{
    (void)pthread_barrier_wait(&member->team->barrier);
}
