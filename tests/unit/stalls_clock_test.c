/* harness/stalls.c by a clock of the test's own: every time, bucket and
 * window is known beforehand. Its state lasts as long as its process, so each
 * test runs in one of its own. */
#include "unit.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stalls.h"

enum { READING_NS = 30, FAST_NS = 50, S_NS = 1000000000 };

static struct {
    uint64_t now_ns;
    uint64_t readings;               /* of the clock */
    uint64_t call_ns;                /* of the next call */
    struct rusage usage, more_usage; /* more: of the next call */
} world;

/* Linked in place of the C library's: CMake wraps them. Visible, for a
 * sanitizer's library refers to them too. */
#define VISIBLE __attribute__((visibility("default")))
VISIBLE int __wrap_clock_gettime(clockid_t clock, struct timespec *time);
VISIBLE int __wrap_getrusage(int who, struct rusage *usage);

/* Every reading of the clock takes as long, but for the first, which are all
 * made before a call is timed. */
int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
    (void)clock;
    const uint64_t times = world.readings++ < 1000 ? 10 : 1;
    world.now_ns += times * READING_NS;
    time->tv_sec = (time_t)(world.now_ns / S_NS);
    time->tv_nsec = (long)(world.now_ns % S_NS);
    return 0;
}

int __wrap_getrusage(int who, struct rusage *usage)
{
    if (who != RUSAGE_THREAD) {
        _exit(2);
    }
    *usage = world.usage;
    return 0;
}

static void pass(void)
{
    world.now_ns += world.call_ns;
    world.usage.ru_utime.tv_sec += world.more_usage.ru_utime.tv_sec;
    world.usage.ru_stime.tv_usec += world.more_usage.ru_stime.tv_usec;
    world.usage.ru_minflt += world.more_usage.ru_minflt;
    world.usage.ru_majflt += world.more_usage.ru_majflt;
    world.usage.ru_nvcsw += world.more_usage.ru_nvcsw;
    world.usage.ru_nivcsw += world.more_usage.ru_nivcsw;
    world.more_usage = (struct rusage){.ru_minflt = 0};
    world.call_ns = FAST_NS;
}

static char block[64];

static void *any_alloc(size_t size)
{
    pass();
    return size ? block : NULL;
}

static void *any_alloc_zeroed(size_t count, size_t size)
{
    return any_alloc(count * size);
}

static void *any_resize(void *old, size_t size)
{
    return old ? any_alloc(size) : NULL;
}

static void *any_alloc_aligned(size_t alignment, size_t size)
{
    return any_alloc(alignment + size);
}

static void any_release(void *old)
{
    (void)old;
    pass();
}

static struct allocator_calls wrapped(void)
{
    struct allocator_calls calls = {
        .alloc = any_alloc,
        .release = any_release,
        .alloc_zeroed = any_alloc_zeroed,
        .resize = any_resize,
        .alloc_aligned = any_alloc_aligned,
        .purge = pass,
    };
    struct allocator_calls own = calls;
    struct reason reason;
    if (stalls_wrap(&calls, &own, &reason) != STATUS_OK) {
        _exit(3);
    }
    world.call_ns = FAST_NS;
    stalls_begin();
    return calls;
}

/* Runs the body in a child and returns what it found. */
static const struct stalls *in_child(void (*body)(void))
{
    struct report *report = mmap(NULL, sizeof *report, PROT_READ | PROT_WRITE,
                                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(report != MAP_FAILED);
    const pid_t pid = fork();
    if (pid == 0) {
        body();
        stalls_finish(report);
        _exit(0);
    }
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    return &report->stalls; /* the test's process ends soon */
}

/* ---- times ----------------------------------------------------------------
 */

/* A time has one reading of the clock in it. */
static const uint64_t times_ns[] = {1000, 1001, 10000, 10001, 100000, 100001};
enum { TIMES = sizeof times_ns / sizeof *times_ns };

static void take_each_time(void)
{
    const struct allocator_calls calls = wrapped();
    struct sample sample = {.phase = "fill"};
    for (size_t i = 0; i < TIMES; i++) {
        world.call_ns = times_ns[i] - READING_NS;
        (void)calls.alloc(1);
    }
    stalls_end(&sample);
    stalls_begin();
    for (size_t i = 0; i < TIMES; i++) {
        world.call_ns = times_ns[i] - READING_NS;
        calls.release(block);
    }
}

static void assert_times(const struct call_figures *figures, uint32_t sample,
                         uint32_t function)
{
    assert_int_equal(figures->calls, TIMES);
    assert_int_equal(figures->above_1us, 5);
    assert_int_equal(figures->above_10us, 3);
    assert_int_equal(figures->above_100us, 1);
    assert_int_equal(figures->longest_count, TIMES);
    for (size_t i = 0; i < TIMES; i++) {
        const struct slow_call *slow = &figures->longest[TIMES - 1 - i];
        assert_int_equal(slow->duration_ns, times_ns[i]);
        assert_int_equal(slow->position, i + 1);
        assert_int_equal(slow->sample, sample);
        assert_int_equal(slow->function, function);
        assert_true(figures->buckets[histogram_bucket(times_ns[i])] > 0);
    }
}

static void a_time_is_what_the_clock_says_in_its_phase(void **state)
{
    (void)state;
    const struct stalls *found = in_child(take_each_time);
    assert_int_equal(found->clock_ns, READING_NS);
    assert_times(&found->classes[CLASS_ALLOC], 0, FUNCTION_ALLOC);
    assert_times(&found->classes[CLASS_RELEASE], 1, FUNCTION_RELEASE);
    assert_int_equal(found->classes[CLASS_TRIM].calls, 0);
}

static void call_every_function(void)
{
    const struct allocator_calls calls = wrapped();
    (void)calls.alloc(1);
    world.call_ns = 200;
    (void)calls.alloc_zeroed(1, 1);
    world.call_ns = 300;
    (void)calls.alloc_aligned(16, 1);
    world.call_ns = 400;
    (void)calls.resize(block, 1);
    calls.release(block);
    calls.purge();
}

static void every_function_has_its_class_and_its_name(void **state)
{
    (void)state;
    const struct stalls *found = in_child(call_every_function);
    const struct call_figures *alloc = &found->classes[CLASS_ALLOC];
    const uint32_t expected[] = {FUNCTION_RESIZE, FUNCTION_ALLOC_ALIGNED,
                                 FUNCTION_ALLOC_ZEROED, FUNCTION_ALLOC};
    assert_int_equal(alloc->calls, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(alloc->longest[i].function, expected[i]);
    }
    const struct call_figures *release = &found->classes[CLASS_RELEASE];
    assert_int_equal(release->calls, 1);
    assert_int_equal(release->longest[0].function, FUNCTION_RELEASE);
    assert_int_equal(release->longest[0].position, 5);
    assert_int_equal(found->classes[CLASS_TRIM].calls, 1);
    assert_int_equal(found->classes[CLASS_TRIM].longest[0].function,
                     FUNCTION_TRIM);
}

/* ---- windows --------------------------------------------------------------
 */

/* The first are kept whatever they took; then `fast` more, and a slow one that
 * does what a slow one may. */
static void call_slowly_after(size_t fast)
{
    const struct allocator_calls calls = wrapped();
    for (size_t i = 0; i < LONGEST_CAPACITY + fast; i++) {
        (void)calls.alloc(1);
    }
    world.call_ns = UINT64_C(5) * S_NS - READING_NS;
    world.more_usage = (struct rusage){
        .ru_utime = {.tv_sec = 1},
        .ru_stime = {.tv_usec = 2},
        .ru_minflt = 3,
        .ru_majflt = 4,
        .ru_nvcsw = 5,
        .ru_nivcsw = 6,
    };
    (void)calls.alloc(1);
}

static void call_slowly_after_10(void)
{
    call_slowly_after(10);
}

static void call_slowly_after_1023(void)
{
    call_slowly_after(1023);
}

static void call_slowly_after_1024(void)
{
    call_slowly_after(1024);
}

static void a_window_has_all_since_the_thread_was_read(void **state)
{
    static const struct {
        void (*body)(void);
        uint64_t calls;
    } rows[] = {{call_slowly_after_10, 11},
                {call_slowly_after_1023, 1024},
                {call_slowly_after_1024, 1}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct stalls *found = in_child(rows[i].body);
        const struct slow_call *slow = &found->classes[CLASS_ALLOC].longest[0];
        const struct call_window *window = &slow->window;
        assert_int_equal(slow->duration_ns, 5 * UINT64_C(1000000000));
        assert_int_equal(window->calls, rows[i].calls);
        /* A fast call, and the two readings around it. */
        assert_int_equal(window->wall_ns,
                         slow->duration_ns + READING_NS +
                             (rows[i].calls - 1) * (FAST_NS + 2 * READING_NS));
        assert_int_equal(window->cpu_ns, 1000002000);
        assert_int_equal(window->system_ns, 2000);
        assert_int_equal(window->minor_faults, 3);
        assert_int_equal(window->major_faults, 4);
        assert_int_equal(window->voluntary_switches, 5);
        assert_int_equal(window->involuntary_switches, 6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_what_the_clock_says_in_its_phase),
        cmocka_unit_test(every_function_has_its_class_and_its_name),
        cmocka_unit_test(a_window_has_all_since_the_thread_was_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
