/* The requests of workloads with threads, counted by hand on a small scale:
 * the kind `account` checks every tally besides. */
#include "workload_stage.h"

#include <stdatomic.h>
#include <time.h>

/* Any allocator for threads; this one is code of ours, which the thread
 * sanitizer sees. */
static const struct allocator *bump(void)
{
    size_t i = 0;
    while (strcmp(allocators[i]->name, "bump") != 0) {
        i++;
        assert_non_null(allocators[i]);
    }
    return allocators[i];
}

static int open_account(void **state)
{
    const int error = stage_open(state);
    struct stage *stage = *state;
    stage_kind(stage, "account", NULL);
    stage->allocator.allocator = bump();
    return error;
}

#define account_test(function)                                                \
    cmocka_unit_test_setup_teardown(function, open_account, stage_close)

/* What a phase did, for workloads whose sizes are drawn. */
static void assert_counts(const struct report *report, const char *phase,
                          unsigned skip, int operations, int live_blocks)
{
    const struct sample *sample = stage_sample(report, phase, skip);
    assert_int_equal(sample->operations, operations);
    assert_int_equal(sample->live_blocks, live_blocks);
}

/* Of 20 objects 4 are cached; at the peak two threads hold the 16 of their
 * last requests, and there is the cache of all thirty. Of 40 cached ones 2
 * survive.
 */
static void a_burst_ends_while_its_last_requests_are_under_way(void **state)
{
    struct stage *stage = *state;
    stage_workload(stage, "request_burst",
                   SETTINGS({"threads", "3"}, {"at_once", "2"},
                            {"requests", "10"}, {"objects", "20"},
                            {"keep", "5"}));
    const struct report *report = stage_play_ok(stage);
    assert_phases(report, PHASES("fill", "served", "drain", "rest"));
    assert_counts(report, "fill", 0, 30 * 20 + 28 * 16, 3 * 40 + 2 * 16);
    assert_counts(report, "served", 0, 2 * 16, 3 * 40);
    assert_counts(report, "drain", 0, 3 * 38, 3 * 2);
    assert_counts(report, "rest", 0, 3 * 2, 0);
}

/* ---- how many requests are under way ---------------------------------------
 */

static _Atomic int64_t live_blocks, peak_blocks;

/* Sleeps, so that all threads that may are in the middle of a request. */
static void *sleepy_alloc(size_t size)
{
    const struct timespec moment = {.tv_nsec = 50000};
    const int64_t live = atomic_fetch_add(&live_blocks, 1) + 1;
    int64_t peak = atomic_load(&peak_blocks);
    while (peak < live &&
           !atomic_compare_exchange_weak(&peak_blocks, &peak, live)) {
    }
    (void)nanosleep(&moment, NULL);
    return malloc(size);
}

static void counted_release(void *block)
{
    (void)atomic_fetch_sub(&live_blocks, 1);
    free(block);
}

static void tell_peak(struct allocator_stats *stats)
{
    stats->allocated_bytes = (size_t)atomic_load(&peak_blocks);
}

static enum status sleepy_attach(struct allocator_calls *calls,
                                 const struct settings *settings,
                                 struct identity *identity,
                                 struct reason *reason)
{
    (void)settings;
    (void)identity;
    (void)reason;
    *calls = (struct allocator_calls){
        .alloc = sleepy_alloc, .release = counted_release, .stats = tell_peak};
    return STATUS_OK;
}

/* At the end of the fill live blocks are at their peak, and it is known. */
static void no_more_requests_are_under_way_than_may_be(void **state)
{
    static const struct allocator sleepy = {
        .name = "sleepy",
        .summary = "for this test",
        .capabilities = CAN_THREADS,
        .attach = sleepy_attach,
    };
    static const struct {
        const char *at_once;
        uint64_t peak; /* 12 in the cache, 19 of each under way */
    } rows[] = {{"1", 12 + 19}, {"3", 12 + 57}, {"9", 12 + 76}};
    struct stage *stage = *state;
    stage_kind(stage, "memory", "silent");
    stage->allocator.allocator = &sleepy;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        stage->chosen_workload.store.settings.count = 0;
        memset(&stage->report, 0, sizeof stage->report);
        stage_workload(stage, "request_burst",
                       SETTINGS({"threads", "4"}, {"at_once", rows[i].at_once},
                                {"requests", "3"}, {"objects", "20"},
                                {"keep", "20"}));
        const struct report *report = stage_play_ok(stage);
        const struct sample *fill = stage_sample(report, "fill", 0);
        assert_int_equal(fill->live_blocks, rows[i].peak);
        assert_int_equal(fill->self_allocated_bytes, rows[i].peak);
    }
}

/* Of 20 objects 4 are handed on, from the second generation on as many are
 * received. */
static void what_a_thread_hands_on_its_successor_releases(void **state)
{
    struct stage *stage = *state;
    stage_workload(stage, "thread_churn",
                   SETTINGS({"threads", "3"}, {"generations", "3"},
                            {"objects", "20"}, {"keep", "5"}));
    const struct report *report = stage_play_ok(stage);
    assert_phases(report,
                  PHASES("generation", "generation", "fill", "drain", "rest"));
    assert_counts(report, "generation", 0, 3 * (20 + 16), 3 * 4);
    assert_counts(report, "generation", 1, 3 * (20 + 4 + 16), 3 * 4);
    assert_counts(report, "fill", 0, 3 * 20, 3 * (20 + 4));
    assert_counts(report, "drain", 0, 3 * (4 + 16), 3 * 4);
    assert_counts(report, "rest", 0, 3 * 4, 0);
}

/* 100 blocks of the mean size: 34 for each thread. */
static void threads_rise_and_drop_together(void **state)
{
    struct stage *stage = *state;
    stage_workload(stage, "sawtooth_threads",
                   SETTINGS({"threads", "3"}, {"live", "26350"},
                            {"cycles", "2"}, {"keep", "17"}));
    const struct report *report = stage_play_ok(stage);
    assert_phases(report, PHASES("rise", "drop", "fill", "drain", "rest"));
    assert_counts(report, "rise", 0, 3 * 34, 3 * 34);
    assert_counts(report, "drop", 0, 3 * 32, 3 * 2);
    assert_counts(report, "fill", 0, 3 * 32, 3 * 34);
    assert_counts(report, "drain", 0, 3 * 31, 3 * 3);
    assert_counts(report, "rest", 0, 3 * 3, 0);
}

static void all_that_producers_replace_is_released_by_the_end(void **state)
{
    struct stage *stage = *state;
    stage_workload(stage, "producer_consumer",
                   SETTINGS({"threads", "3"}, {"objects", "1500"},
                            {"replacements", "5000"}));
    const struct report *report = stage_play_ok(stage);
    assert_phases(report, PHASES("first", "fill", "drain", "rest"));
    assert_sample(report, "first", 4500, 4500, UINT64_C(4500) * 592);
    assert_sample(report, "fill", 30000, 4500, UINT64_C(4500) * 592);
    assert_sample(report, "drain", 4500, 0, 0);
}

static void an_owner_makes_and_releases_everything_itself(void **state)
{
    struct stage *stage = *state;
    stage_workload(stage, "idle_owner",
                   SETTINGS({"objects", "50"}, {"size", "32"}));
    const struct report *report = stage_play_ok(stage);
    assert_phases(report, PHASES("fill", "drain", "rest"));
    assert_sample(report, "fill", 50, 50, 1600);
    assert_sample(report, "drain", 50, 0, 0);
}

/* ---- the hash of requests --------------------------------------------------
 */

static uint64_t hash_of(struct stage *stage, uint64_t seed)
{
    memset(&stage->report, 0, sizeof stage->report);
    stage->order.seed = seed;
    return stage_play_ok(stage)->request_hash;
}

static void a_seed_makes_the_same_requests_however_threads_meet(void **state)
{
    static const struct {
        const char *name;
        struct setting changes[4];
    } rows[] = {
        {"request_burst",
         {{"threads", "16"}, {"requests", "5"}, {"objects", "200"}}},
        {"thread_churn",
         {{"threads", "16"}, {"generations", "4"}, {"objects", "500"}}},
        {"sawtooth_threads", {{"threads", "16"}, {"live", "500000"}}},
        {"producer_consumer",
         {{"threads", "16"}, {"objects", "20"}, {"replacements", "3000"}}},
    };
    struct stage *stage = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        stage->chosen_workload.store.settings.count = 0;
        stage_workload(stage, rows[i].name, rows[i].changes);
        const uint64_t first = hash_of(stage, 1);
        assert_int_equal(hash_of(stage, 1), first);
        assert_int_equal(hash_of(stage, 1), first);
        /* Equal blocks, all of which another thread releases: in which
         * order is not hashed. */
        const bool is_seen = strcmp(rows[i].name, "producer_consumer") != 0;
        assert_int_equal(hash_of(stage, 2) != first, is_seen);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        account_test(a_burst_ends_while_its_last_requests_are_under_way),
        account_test(no_more_requests_are_under_way_than_may_be),
        account_test(what_a_thread_hands_on_its_successor_releases),
        account_test(threads_rise_and_drop_together),
        account_test(all_that_producers_replace_is_released_by_the_end),
        account_test(an_owner_makes_and_releases_everything_itself),
        account_test(a_seed_makes_the_same_requests_however_threads_meet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
