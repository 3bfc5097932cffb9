/* harness/threads.c: teams, their tallies, their barrier. */
#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "run_inside.h"
#include "threads.h"

enum { MEMBERS_MAX = 64 };

static struct report report;
static struct run run;

/* What the members leave for the test. */
static struct {
    pthread_t thread[MEMBERS_MAX];
    uint64_t number[MEMBERS_MAX];
    _Atomic unsigned bodies, begins, ends, wrong;
} seen;

static _Thread_local bool begun;

static void thread_begin(void)
{
    begun = true;
    seen.begins++;
}

static void thread_end(void)
{
    seen.wrong += !begun;
    begun = false;
    seen.ends++;
}

static const struct allocator_calls heap = {
    .thread_begin = thread_begin,
    .thread_end = thread_end,
};

static const struct allocator_calls plain_heap = {.alloc = malloc};

static int set_up(void **state)
{
    (void)state;
    memset(&report, 0, sizeof report);
    memset(&seen, 0, sizeof seen);
    run = (struct run){.report = &report, .random = random_seeded(5)};
    return 0;
}

static struct team *team_of(unsigned count, size_t scratch_bytes)
{
    struct team *team = run_team(&run, count, scratch_bytes);
    assert_non_null(team);
    return team;
}

static void run_ok(struct team *team, team_body *body, void *context,
                   struct phase *total)
{
    const enum status status =
        run_threads(&run, team, &heap, body, context, total);
    if (status != STATUS_OK) {
        fail_msg("%s", report.reason.text);
    }
}

static enum status tallies(struct member *member,
                           const struct allocator_calls *calls, void *context)
{
    (void)calls;
    (void)context;
    member->operations += member->index + 1;
    member->live_blocks += (int64_t)member->index - 2;
    member->live_bytes += 100 * ((int64_t)member->index - 2);
    return STATUS_OK;
}

static void the_members_tallies_are_added_up(void **state)
{
    (void)state;
    struct phase total = {"fill", 99, 99, 99};
    run_ok(team_of(8, 0), tallies, NULL, &total);
    assert_int_equal(total.operations, 36); /* 1 + 2 + ... + 8 */
    /* -2 - 1 + 0 + 1 + ... + 5: two consumers among producers. */
    assert_int_equal(total.live_blocks, 12);
    assert_int_equal(total.live_bytes, 1200);
    assert_string_equal(total.name, "fill");
}

static void a_team_that_runs_again_counts_calls_anew_and_blocks_on(void **s)
{
    (void)s;
    struct team *team = team_of(8, 0);
    struct phase total = {.name = "fill"};
    run_ok(team, tallies, NULL, &total);
    run_ok(team, tallies, NULL, &total);
    assert_int_equal(total.operations, 36);
    assert_int_equal(total.live_blocks, 24);
    assert_int_equal(total.live_bytes, 2400);
}

static enum status shows_itself(struct member *member,
                                const struct allocator_calls *calls,
                                void *context)
{
    seen.thread[member->index] = pthread_self();
    seen.number[member->index]++;
    seen.wrong += calls != &heap || context != &seen || !begun ||
                  member->count != MEMBERS_MAX || member->run != &run;
    seen.bodies++;
    return STATUS_OK;
}

static void sixty_four_members_run_once_each_on_threads_of_their_own(void **s)
{
    (void)s;
    struct phase total = {.name = "fill"};
    run_ok(team_of(MEMBERS_MAX, 64), shows_itself, &seen, &total);
    assert_int_equal(seen.bodies, MEMBERS_MAX);
    assert_int_equal(seen.begins, MEMBERS_MAX);
    assert_int_equal(seen.ends, MEMBERS_MAX);
    assert_int_equal(seen.wrong, 0);
    for (unsigned i = 0; i < MEMBERS_MAX; i++) {
        assert_int_equal(seen.number[i], 1);
        assert_false(pthread_equal(seen.thread[i], pthread_self()));
    }
}

static enum status is_plain(struct member *member,
                            const struct allocator_calls *calls, void *context)
{
    (void)member;
    (void)context;
    seen.wrong += calls != &plain_heap;
    seen.bodies++;
    return STATUS_OK;
}

static void an_allocator_without_thread_calls_is_not_called(void **state)
{
    (void)state;
    struct phase total = {.name = "fill"};
    assert_int_equal(
        run_threads(&run, team_of(3, 0), &plain_heap, is_plain, NULL, &total),
        STATUS_OK);
    assert_int_equal(seen.bodies, 3);
    assert_int_equal(seen.wrong, 0);
    assert_int_equal(seen.begins, 0);
}

static void nap(void)
{
    const struct timespec moment = {.tv_nsec = 2000000};
    (void)nanosleep(&moment, NULL);
}

/* In each round one member comes late; nobody may look before it wrote. */
static enum status meets(struct member *member,
                         const struct allocator_calls *calls, void *context)
{
    enum { ROUNDS = 30 };
    (void)calls;
    (void)context;
    for (unsigned round = 1; round <= ROUNDS; round++) {
        if (round % member->count == member->index) {
            nap();
        }
        __atomic_store_n(&seen.number[member->index], round, __ATOMIC_RELAXED);
        member_barrier(member);
        for (unsigned i = 0; i < member->count; i++) {
            seen.wrong +=
                __atomic_load_n(&seen.number[i], __ATOMIC_RELAXED) != round;
        }
        member_barrier(member);
    }
    return STATUS_OK;
}

static void nobody_passes_a_barrier_before_all_have_come(void **state)
{
    (void)state;
    struct team *team = team_of(4, 0);
    struct phase total = {.name = "fill"};
    run_ok(team, meets, NULL, &total);
    run_ok(team, meets, NULL, &total); /* and again in the next phase */
    assert_int_equal(seen.wrong, 0);
}

static enum status some_fail(struct member *member,
                             const struct allocator_calls *calls,
                             void *context)
{
    (void)calls;
    (void)context;
    seen.bodies++;
    if (member->index == 5) {
        return explain(&member->reason, STATUS_FAILED, "the late one");
    }
    if (member->index == 2) {
        nap(); /* the first by number, the last by time */
        return explain(&member->reason, STATUS_UNSUPPORTED, "number %u",
                       member->index);
    }
    return STATUS_OK;
}

static void the_first_member_that_failed_speaks_for_the_team(void **state)
{
    (void)state;
    struct phase total = {.name = "fill"};
    assert_int_equal(
        run_threads(&run, team_of(8, 0), &heap, some_fail, NULL, &total),
        STATUS_UNSUPPORTED);
    assert_string_equal(report.reason.text, "number 2");
    assert_int_equal(seen.bodies, 8);
    assert_int_equal(seen.ends, 8);
}

enum { SHARE_BYTES = 1000 };

static enum status fills_its_share(struct member *member,
                                   const struct allocator_calls *calls,
                                   void *context)
{
    unsigned char *share = member->scratch;
    (void)calls;
    (void)context;
    seen.wrong += (uintptr_t)share % 64 != 0;
    for (size_t i = 0; i < SHARE_BYTES; i++) {
        seen.wrong += share[i] != 0;
        share[i] = (unsigned char)(member->index + 1);
    }
    member_barrier(member);
    for (size_t i = 0; i < SHARE_BYTES; i++) {
        seen.wrong += share[i] != member->index + 1;
    }
    return STATUS_OK;
}

static void every_member_has_a_share_of_scratch_to_itself(void **state)
{
    (void)state;
    struct phase total = {.name = "fill"};
    run_ok(team_of(16, SHARE_BYTES), fills_its_share, NULL, &total);
    assert_int_equal(seen.wrong, 0);
}

static enum status draws(struct member *member,
                         const struct allocator_calls *calls, void *context)
{
    (void)calls;
    (void)context;
    seen.number[member->index] = random_next(&member->random);
    return STATUS_OK;
}

static void every_member_has_a_stream_of_its_own_from_the_seed(void **state)
{
    (void)state;
    uint64_t first[16];
    struct phase total = {.name = "fill"};
    run_ok(team_of(16, 0), draws, NULL, &total);
    memcpy(first, seen.number, sizeof first);
    for (size_t i = 0; i < 16; i++) {
        for (size_t j = 0; j < i; j++) {
            assert_true(first[i] != first[j]);
        }
    }
    run.random = random_seeded(5);
    run_ok(team_of(16, 0), draws, NULL, &total);
    assert_memory_equal(first, seen.number, sizeof first);
    run.random = random_seeded(6);
    run_ok(team_of(16, 0), draws, NULL, &total);
    assert_memory_not_equal(first, seen.number, sizeof first);
}

static void a_team_that_cannot_be_is_refused_in_words(void **state)
{
    (void)state;
    static const struct {
        unsigned count;
        size_t scratch_bytes;
    } rows[] = {
        {0, 64},
        {8, SIZE_MAX},               /* rounded up it is 0 */
        {8, ((size_t)1 << 61) + 64}, /* times 8 it is 512 */
        {1, (size_t)1 << 62},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        report.reason.text[0] = '\0';
        assert_null(run_team(&run, rows[i].count, rows[i].scratch_bytes));
        assert_true(strlen(report.reason.text) > 0);
    }
}

/* ---- teams that are parked between bodies ---------------------------------
 */

static void start_ok(struct team *team)
{
    if (team_start(&run, team, &heap) != STATUS_OK) {
        fail_msg("%s", report.reason.text);
    }
}

static enum status is_the_same_thread(struct member *member,
                                      const struct allocator_calls *calls,
                                      void *context)
{
    (void)calls;
    (void)context;
    if (seen.number[member->index]++ == 0) {
        seen.thread[member->index] = pthread_self();
    }
    seen.wrong += !pthread_equal(seen.thread[member->index], pthread_self());
    return STATUS_OK;
}

static void a_parked_team_runs_every_body_on_the_same_threads(void **state)
{
    (void)state;
    enum { BODIES = 20 };
    struct team *team = team_of(MEMBERS_MAX, 0);
    struct phase total = {.name = "fill"};
    assert_false(team_is_started(team));
    start_ok(team);
    assert_true(team_is_started(team));
    assert_int_equal(seen.begins, MEMBERS_MAX);
    for (int i = 0; i < BODIES; i++) {
        assert_int_equal(
            team_run(&run, team, is_the_same_thread, NULL, &total), STATUS_OK);
    }
    assert_int_equal(seen.ends, 0);
    team_end(team);
    assert_false(team_is_started(team));
    assert_int_equal(seen.begins, MEMBERS_MAX);
    assert_int_equal(seen.ends, MEMBERS_MAX);
    assert_int_equal(seen.wrong, 0);
    for (unsigned i = 0; i < MEMBERS_MAX; i++) {
        assert_int_equal(seen.number[i], BODIES);
    }
}

static void the_first_member_may_run_alone(void **state)
{
    (void)state;
    struct team *team = team_of(4, 0);
    struct phase total = {.name = "fill"};
    start_ok(team);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(team_run_first(&run, team, is_the_same_thread, NULL),
                         STATUS_OK);
    }
    assert_int_equal(team_run(&run, team, is_the_same_thread, NULL, &total),
                     STATUS_OK);
    team_end(team);
    assert_int_equal(seen.number[0], 4);
    for (unsigned i = 1; i < 4; i++) {
        assert_int_equal(seen.number[i], 1);
    }
    assert_int_equal(seen.wrong, 0);
}

static enum status
half_fail_before_a_barrier(struct member *member,
                           const struct allocator_calls *calls, void *context)
{
    (void)calls;
    (void)context;
    if (member->index % 2 == 1) {
        nap();
        return explain(&member->reason, STATUS_FAILED, "no barrier for %u",
                       member->index);
    }
    member_barrier(member);
    seen.bodies++;
    return STATUS_OK;
}

/* Else the others would wait until the time limit. */
static void who_has_returned_is_not_waited_for_at_a_barrier(void **state)
{
    (void)state;
    struct phase total = {.name = "fill"};
    assert_int_equal(run_threads(&run, team_of(8, 0), &heap,
                                 half_fail_before_a_barrier, NULL, &total),
                     STATUS_FAILED);
    assert_string_equal(report.reason.text, "no barrier for 1");
    assert_int_equal(seen.bodies, 4);
}

static enum status publishes(struct member *member,
                             const struct allocator_calls *calls,
                             void *context)
{
    (void)calls;
    (void)context;
    for (int i = 0; i < 100; i++) {
        member->operations += 3;
        member->live_bytes += member->index == 0 ? -1 : 2;
        member_publish(member);
    }
    return STATUS_OK;
}

static void what_members_publish_adds_up(void **state)
{
    (void)state;
    struct team *team = team_of(4, 0);
    struct phase total = {.name = "fill"};
    publish(&run, 77, 1000);
    start_ok(team);
    for (uint64_t i = 1; i <= 2; i++) {
        assert_int_equal(team_run(&run, team, publishes, NULL, &total),
                         STATUS_OK);
        assert_int_equal(atomic_load(&report.operations), 1200);
        assert_int_equal(atomic_load(&report.live_bytes), 1000 + i * 500);
    }
    team_end(team);
}

static enum status notes_its_number(struct member *member,
                                    const struct allocator_calls *calls,
                                    void *context)
{
    (void)calls;
    ((unsigned *)context)[member->index] = thread_number();
    return STATUS_OK;
}

static void every_thread_of_a_run_has_a_number_of_its_own(void **state)
{
    (void)state;
    unsigned numbers[4] = {0};
    struct phase total = {.name = "fill"};
    struct team *one = team_of(2, 0), *two = team_of(2, 0);
    for (int i = 0; i < 2; i++) {
        run_ok(two, notes_its_number, numbers + 2, &total);
        run_ok(one, notes_its_number, numbers, &total);
        for (unsigned j = 0; j < 4; j++) {
            assert_int_equal(numbers[j], j + 1);
        }
    }
    assert_int_equal(thread_number(), 0);
}

static void a_team_of_the_harness_leaves_the_workloads_stream_alone(void **s)
{
    (void)s;
    struct random random = random_seeded(9);
    const struct random before = run.random;
    assert_non_null(team_make(&run, 3, 64, &random));
    assert_memory_equal(&before, &run.random, sizeof before);
}

/* ---- threads that die -----------------------------------------------------
 */

static void leave_in_thread_call(void)
{
    pthread_exit(NULL);
}

static enum status leaves(struct member *member,
                          const struct allocator_calls *calls, void *context)
{
    (void)calls;
    (void)context;
    if (member->index == 2) {
        pthread_exit(NULL);
    }
    member_barrier(member); /* the others would wait for ever */
    return STATUS_OK;
}

static enum status leaves_behind_libc(struct member *member,
                                      const struct allocator_calls *calls,
                                      void *context)
{
    (void)calls;
    (void)context;
    if (member->index == 2) {
        (void)syscall(SYS_exit, 0);
    }
    return STATUS_OK;
}

static enum status does_nothing(struct member *member,
                                const struct allocator_calls *calls,
                                void *context)
{
    (void)member;
    (void)calls;
    (void)context;
    return STATUS_OK;
}

/* Runs the body in a process of its own, which must abort with these words.
 */
static void assert_lost(const struct allocator_calls *calls, team_body *body,
                        const char *words)
{
    int ends[2], status = 0;
    char text[200] = "";
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        struct phase total = {.name = "fill"};
        (void)dup2(ends[1], STDERR_FILENO);
        (void)run_threads(&run, team_of(4, 0), calls, body, NULL, &total);
        _exit(0);
    }
    (void)close(ends[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(read(ends[0], text, sizeof text - 1) > 0);
    (void)close(ends[0]);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_contains(text, words);
}

static void a_thread_that_dies_ends_the_process_in_words(void **state)
{
    (void)state;
    static const struct allocator_calls no_begin = {.thread_begin =
                                                        leave_in_thread_call},
                                        no_end = {.thread_end =
                                                      leave_in_thread_call};
    const char *const third = "thread 3 of 4 ended before its work was done";
    assert_lost(&heap, leaves, third);
    assert_lost(&no_begin, does_nothing, "thread 1 of 4 ended before");
    assert_lost(&no_end, does_nothing, "thread 1 of 4 ended before");
#ifndef __SANITIZE_THREAD__ /* it waits for what libc did not end */
    assert_lost(&heap, leaves_behind_libc, third);
#else
    (void)leaves_behind_libc;
#endif
}

#define team_test(function) cmocka_unit_test_setup(function, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        team_test(the_members_tallies_are_added_up),
        team_test(a_team_that_runs_again_counts_calls_anew_and_blocks_on),
        team_test(sixty_four_members_run_once_each_on_threads_of_their_own),
        team_test(an_allocator_without_thread_calls_is_not_called),
        team_test(nobody_passes_a_barrier_before_all_have_come),
        team_test(the_first_member_that_failed_speaks_for_the_team),
        team_test(every_member_has_a_share_of_scratch_to_itself),
        team_test(every_member_has_a_stream_of_its_own_from_the_seed),
        team_test(a_team_that_cannot_be_is_refused_in_words),
        team_test(a_parked_team_runs_every_body_on_the_same_threads),
        team_test(the_first_member_may_run_alone),
        team_test(who_has_returned_is_not_waited_for_at_a_barrier),
        team_test(what_members_publish_adds_up),
        team_test(every_thread_of_a_run_has_a_number_of_its_own),
        team_test(a_team_of_the_harness_leaves_the_workloads_stream_alone),
        team_test(a_thread_that_dies_ends_the_process_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
