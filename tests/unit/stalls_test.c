/* harness/stalls.c: every call is timed once, and the longest are kept with
 * their places. Its state lasts as long as its process, so each test runs in
 * one of its own. */
#include "stage.h"

#include <pthread.h>
#include <time.h>

#include "stalls.h"

enum { SLOW_BYTES = 777, SLOW_NS = 2000000, THREADS = 4, EACH = 1000 };

static int open_stalls(void **state)
{
    const int error = stage_open(state);
    stage_kind(*state, "stalls", NULL);
    return error;
}

#define stalls_test(function)                                                 \
    cmocka_unit_test_setup_teardown(function, open_stalls, stage_close)

/* ---- a whole cell --------------------------------------------------------
 */

static uint64_t sum_of(const struct call_figures *figures)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        sum += figures->buckets[i];
    }
    return sum;
}

static void every_call_from_the_base_on_is_timed(void **state)
{
    struct stage *stage = *state;
    stage_set_setting(&stage->chosen_workload.store, "start", "warm");
    const struct report *report = stage_play_ok(stage);
    const struct call_figures *classes = report->stalls.classes;
    assert_true(report->has_stalls);
    assert_true(report->stalls.clock_ns > 0);
    /* The workload's and the poke's, not the warming pair. */
    assert_int_equal(classes[CLASS_ALLOC].calls, SMALL_BLOCKS + 1);
    assert_int_equal(stage->slots.allocations, SMALL_BLOCKS + 2);
    assert_int_equal(classes[CLASS_RELEASE].calls, stage->slots.releases - 1);
    assert_int_equal(classes[CLASS_TRIM].calls, 1);
    for (size_t i = 0; i < CLASS_COUNT; i++) {
        assert_int_equal(sum_of(&classes[i]), classes[i].calls);
    }
    const struct slow_call *trim = &classes[CLASS_TRIM].longest[0];
    assert_int_equal(trim->function, FUNCTION_TRIM);
    assert_int_equal(trim->position, 1);
    assert_string_equal(report->samples[trim->sample].phase, "trim");
    assert_int_equal(trim->window.calls, 1);
}

static void what_forks_is_unsupported(void **state)
{
    struct stage *stage = *state;
    stage->workload.needs = CAN_FORK;
    stage_play_fails(stage, STATUS_UNSUPPORTED,
                     "the kind stalls follows one process, ");
}

/* ---- calls of a test's own -----------------------------------------------
 */

static void *sleepy_alloc(size_t size)
{
    static char block[64];
    const struct timespec time = {.tv_nsec = SLOW_NS};
    if (size == SLOW_BYTES) {
        (void)nanosleep(&time, NULL);
    }
    return block;
}

static void no_release(void *block)
{
    (void)block;
}

static void *resize_none(void *block, size_t size)
{
    return size ? block : NULL;
}

static struct allocator_calls wrapped(void)
{
    struct allocator_calls calls = {
        .alloc = sleepy_alloc, .release = no_release, .resize = resize_none};
    struct allocator_calls own = calls;
    struct reason reason;
    if (stalls_wrap(&calls, &own, &reason) != STATUS_OK ||
        own.alloc != sleepy_alloc || calls.alloc_zeroed || calls.purge) {
        _exit(1);
    }
    stalls_begin();
    return calls;
}

/* Runs the body in a child and returns what it found. */
static const struct stalls *in_child(struct stage *stage,
                                     void (*body)(struct stage *))
{
    const pid_t pid = fork();
    if (pid == 0) {
        body(stage);
        stalls_finish(&stage->report);
        _exit(0);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    return &stage->report.stalls;
}

/* Of 3,000 calls in two phases the 700th of the second is slow. */
static void sleep_once(struct stage *stage)
{
    const struct allocator_calls calls = wrapped();
    struct sample sample = {.phase = "fill"};
    for (int i = 0; i < 1500; i++) {
        calls.release(calls.alloc(1));
    }
    stalls_end(&sample);
    stalls_begin();
    for (int i = 1; i <= 1500; i++) {
        (void)calls.alloc(i == 700 ? SLOW_BYTES : 1);
    }
    (void)calls.resize(stage, 1);
}

static void the_longest_call_is_kept_with_its_place(void **state)
{
    const struct stalls *found = in_child(*state, sleep_once);
    const struct call_figures *alloc = &found->classes[CLASS_ALLOC];
    const struct slow_call *slow = &alloc->longest[0];
    assert_int_equal(alloc->calls, 3001); /* the resize too */
    assert_int_equal(found->classes[CLASS_RELEASE].calls, 1500);
    assert_true(alloc->above_100us >= 1);
    assert_true(alloc->above_10us >= alloc->above_100us);
    assert_true(alloc->above_1us >= alloc->above_10us);
    for (size_t i = 0; i < LONGEST_CAPACITY && slow->position != 700; i++) {
        slow = &alloc->longest[i]; /* another was preempted even longer */
    }
    assert_int_equal(slow->position, 700);
    assert_int_equal(slow->sample, 1);
    assert_int_equal(slow->function, FUNCTION_ALLOC);
    assert_true(slow->duration_ns >= SLOW_NS);
    assert_true(slow->window.wall_ns >= slow->duration_ns);
    assert_true(slow->window.voluntary_switches >= 1);
    assert_in_range(slow->window.calls, 1, 1024);
}

/* By the histogram, whatever the times were. */
static void assert_longest_are_the_longest(const struct call_figures *figures)
{
    const size_t count = figures->longest_count;
    assert_int_equal(count, LONGEST_CAPACITY);
    const uint64_t least = figures->longest[count - 1].duration_ns;
    uint64_t kept = 0, above = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 || figures->longest[i].duration_ns <=
                                  figures->longest[i - 1].duration_ns);
        kept += histogram_bucket(figures->longest[i].duration_ns) >
                histogram_bucket(least);
    }
    for (size_t i = histogram_bucket(least) + 1; i < HISTOGRAM_BUCKETS; i++) {
        above += figures->buckets[i];
    }
    assert_int_equal(kept, above);
}

static void *call_often(void *context)
{
    const struct allocator_calls *calls = context;
    for (int i = 0; i < EACH; i++) {
        calls->release(calls->alloc(1));
    }
    calls->thread_end();
    return NULL;
}

/* More threads than there are lanes, few at a time. */
static void call_on_threads(struct stage *stage)
{
    static struct allocator_calls calls;
    struct phase phase = {.name = "fill"};
    calls = wrapped();
    for (int i = 0; i < 60; i++) {
        pthread_t threads[THREADS];
        for (size_t j = 0; j < THREADS; j++) {
            if (pthread_create(&threads[j], NULL, call_often, &calls) != 0) {
                _exit(1);
            }
        }
        for (size_t j = 0; j < THREADS; j++) {
            (void)pthread_join(threads[j], NULL);
        }
    }
    if (stalls_check(&phase, &stage->report.reason) != STATUS_OK) {
        _exit(1);
    }
}

static void calls_of_all_threads_are_added_up(void **state)
{
    const struct stalls *found = in_child(*state, call_on_threads);
    for (size_t class = CLASS_ALLOC; class <= CLASS_RELEASE; class ++) {
        const struct call_figures *figures = &found->classes[class];
        assert_int_equal(figures->calls, 60 * THREADS * EACH);
        assert_int_equal(sum_of(figures), figures->calls);
        assert_longest_are_the_longest(figures);
    }
}

static void *call_once(void *context)
{
    const struct allocator_calls *calls = context;
    (void)calls->alloc(1);
    return NULL; /* and keeps its lane */
}

static void crowd(struct stage *stage)
{
    static struct allocator_calls calls;
    struct phase phase = {.name = "fill"};
    calls = wrapped();
    for (int i = 0; i < 140; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, call_once, &calls) != 0 ||
            pthread_join(thread, NULL) != 0) {
            _exit(1);
        }
    }
    if (stalls_check(&phase, &stage->report.reason) != STATUS_FAILED) {
        _exit(1);
    }
}

static void more_threads_than_there_is_room_for_are_a_failure(void **state)
{
    struct stage *stage = *state;
    (void)in_child(stage, crowd);
    assert_contains(stage->report.reason.text,
                    "phase fill: the kind stalls has room for 130 threads");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stalls_test(every_call_from_the_base_on_is_timed),
        stalls_test(what_forks_is_unsupported),
        stalls_test(the_longest_call_is_kept_with_its_place),
        stalls_test(calls_of_all_threads_are_added_up),
        stalls_test(more_threads_than_there_is_room_for_are_a_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
