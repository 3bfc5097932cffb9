/* harness/threads.c: teams, their tallies, their barrier. */
#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "run_inside.h"

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
