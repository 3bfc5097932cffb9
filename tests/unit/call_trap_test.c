/* harness/call_trap.c and traffic.c: calls are performed and counted, by
 * whichever way and thread they come. A trap cannot be taken off, so every
 * test runs in a process of its own. */
#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "call_trap.h"
#include "traffic.h"

enum { SKIPPED = 77 };

static const size_t PAGE = 4096;

static _Atomic uint64_t counts[2];
static struct trapped_call last;

static void count_call(const struct trapped_call *call)
{
    (void)atomic_fetch_add(&counts[call->which], 1);
}

/* For tests with one thread. */
static void keep_call(const struct trapped_call *call)
{
    count_call(call);
    last = *call;
}

/* Ends the process of the test where something does not hold. */
static void hold(bool what, int line)
{
    if (!what) {
        (void)fprintf(stderr, "line %d does not hold\n", line);
        _exit(1);
    }
}

#define HOLD(what) hold((what), __LINE__)

static int exit_status_of(pid_t pid)
{
    int status = -1;
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status)
               ? WEXITSTATUS(status)
               : -1;
}

/* Runs the body in a child; skips the test where nothing can be trapped. */
static void in_child(void (*body)(void))
{
    const pid_t pid = fork();
    if (pid == 0) {
        body();
        _exit(0);
    }
    const int exit_status = exit_status_of(pid);
    if (exit_status == SKIPPED) {
        skip();
    }
    assert_int_equal(exit_status, 0);
}

/* Traps the first `count` of getppid and munmap. */
static void install(size_t count, call_observer *observe)
{
    static const int numbers[] = {SYS_getppid, SYS_munmap};
    struct reason reason;
    const enum status status =
        call_trap_install(numbers, count, observe, &reason);
    if (status == STATUS_UNSUPPORTED) {
        (void)fprintf(stderr, "%s\n", reason.text);
        _exit(SKIPPED);
    }
    HOLD(status == STATUS_OK);
}

static void call_and_compare(void)
{
    static const uint64_t nothing[TRAPPED_ARGUMENTS] = {0};
    const pid_t parent = getppid();
    install(2, keep_call);
    HOLD(getppid() == parent);
    HOLD(syscall(SYS_getppid) == parent);
    HOLD(counts[0] == 2);
    HOLD(last.which == 0 && last.result == parent);
    HOLD(call_trap_perform(SYS_getppid, nothing) == parent);
    HOLD(getpid() != parent); /* was not chosen */
    HOLD(counts[0] == 2 && counts[1] == 0);
}

static void every_call_is_performed_and_counted_once(void **state)
{
    (void)state;
    in_child(call_and_compare);
}

static void fail_and_compare(void)
{
    install(2, keep_call);
    errno = 0;
    HOLD(munmap((void *)1, PAGE) == -1 && errno == EINVAL);
    HOLD(counts[1] == 1 && last.result == -EINVAL);
    HOLD(last.arguments[0] == 1 && last.arguments[1] == PAGE);
}

static void a_call_that_fails_fails_as_before(void **state)
{
    (void)state;
    in_child(fail_and_compare);
}

static void *call_often(void *context)
{
    for (int i = 0; i < 1000; i++) {
        (void)getppid();
    }
    return context;
}

/* Of getppid alone: a thread that ends may unmap memory with all signals
 * blocked, as the thread sanitizer's does, which would end the process. */
static void call_on_threads(void)
{
    pthread_t threads[4];
    install(1, count_call);
    for (size_t i = 0; i < 4; i++) {
        HOLD(pthread_create(&threads[i], NULL, call_often, NULL) == 0);
    }
    for (size_t i = 0; i < 4; i++) {
        HOLD(pthread_join(threads[i], NULL) == 0);
    }
    HOLD(counts[0] == 4000);
}

static void threads_that_start_later_are_counted(void **state)
{
    (void)state;
    in_child(call_on_threads);
}

/* ---- the kind traffic --------------------------------------------------- */

/* The thread sanitizer's own madvise and munmap are calls of the process, and
 * are rightly counted. */
static void skip_where_others_call(void)
{
#ifdef __SANITIZE_THREAD__
    print_message("the thread sanitizer makes such calls itself\n");
    skip();
#endif
}

static void *any_alloc(size_t size)
{
    static char block[64];
    return size ? block : NULL;
}

static void any_release(void *block)
{
    (void)block;
}

static struct allocator_calls watch_traffic(void)
{
    struct allocator_calls calls = {.alloc = any_alloc,
                                    .release = any_release};
    struct allocator_calls own = calls;
    struct reason reason;
    const enum status status = traffic_wrap(&calls, &own, &reason);
    if (status == STATUS_UNSUPPORTED) {
        _exit(SKIPPED);
    }
    HOLD(status == STATUS_OK);
    HOLD(calls.resize == NULL && calls.alloc_aligned == NULL);
    traffic_begin();
    return calls;
}

static void move_memory(void)
{
    (void)sbrk(0); /* the C library asks once where the break is */
    const struct allocator_calls calls = watch_traffic();
    struct sample sample = {.phase = "fill"};
    HOLD(calls.alloc(40) && calls.alloc(24));
    char *block = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    HOLD(block != MAP_FAILED);
    HOLD(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
         MAP_FAILED);
    block[0] = 'x';
    HOLD(madvise(block + PAGE, PAGE, MADV_DONTNEED) == 0);
    block = mremap(block, 3 * PAGE, 5 * PAGE, MREMAP_MAYMOVE);
    HOLD(block != MAP_FAILED && block[0] == 'x');
    HOLD(mremap(block, 5 * PAGE, 4 * PAGE, 0) == block);
    HOLD(munmap(block, 4 * PAGE) == 0);
    HOLD(sbrk((intptr_t)(2 * PAGE)) != (void *)-1 &&
         sbrk(-(intptr_t)PAGE) != (void *)-1);
    traffic_end(&sample);
    const struct traffic *found = &sample.traffic;
    HOLD(found->requested_bytes == 64);
    HOLD(found->calls[TRAFFIC_MMAP] == 2 &&
         found->bytes[TRAFFIC_MMAP] == 3 * PAGE);
    HOLD(found->calls[TRAFFIC_MADVISE] == 1 &&
         found->bytes[TRAFFIC_MADVISE] == PAGE);
    HOLD(found->calls[TRAFFIC_MREMAP] == 2 &&
         found->bytes[TRAFFIC_MREMAP] == (2 + 1) * PAGE);
    HOLD(found->calls[TRAFFIC_MUNMAP] == 1 &&
         found->bytes[TRAFFIC_MUNMAP] == 4 * PAGE);
    HOLD(found->calls[TRAFFIC_BRK] == 2 &&
         found->bytes[TRAFFIC_BRK] == 3 * PAGE);
}

static void bytes_are_those_that_moved(void **state)
{
    (void)state;
    skip_where_others_call();
    in_child(move_memory);
}

static void *any_alloc_zeroed(size_t count, size_t size)
{
    return any_alloc(count * size);
}

static void *any_resize(void *block, size_t size)
{
    return block ? any_alloc(size) : NULL;
}

static void *any_alloc_aligned(size_t alignment, size_t size)
{
    return any_alloc(alignment + size);
}

/* Whatever is asked for is asked for, of either allocator. */
static void ask_in_every_way(void)
{
    struct allocator_calls calls = {
        .alloc = any_alloc,
        .release = any_release,
        .alloc_zeroed = any_alloc_zeroed,
        .resize = any_resize,
        .alloc_aligned = any_alloc_aligned,
    };
    struct allocator_calls own = {.alloc = any_alloc, .release = any_release};
    struct sample sample = {.phase = "fill"};
    struct reason reason;
    if (traffic_wrap(&calls, &own, &reason) == STATUS_UNSUPPORTED) {
        _exit(SKIPPED);
    }
    traffic_begin();
    void *block = calls.alloc(1);
    HOLD(block == calls.alloc_zeroed(3, 10));
    HOLD(block == calls.resize(block, 200));
    HOLD(block == calls.alloc_aligned(16, 4000));
    HOLD(block == own.alloc(50000));
    calls.release(block);
    traffic_end(&sample);
    HOLD(sample.traffic.requested_bytes == 54231);
}

static void every_way_of_asking_counts(void **state)
{
    (void)state;
    in_child(ask_in_every_way);
}

/* A phase has what came since its clock started, forked children's too. */
static void begin_anew(void)
{
    static struct report report;
    struct sample sample = {.phase = "fill"};
    const struct allocator_calls calls = watch_traffic();
    HOLD(munmap((void *)1, PAGE) == -1);
    HOLD(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
         MAP_FAILED);
    HOLD(calls.alloc(40));
    traffic_begin();
    const pid_t pid = fork();
    if (pid == 0) {
        (void)munmap((void *)1, PAGE);
        _exit(0);
    }
    HOLD(exit_status_of(pid) == 0);
    traffic_end(&sample);
    HOLD(sample.traffic.calls[TRAFFIC_MUNMAP] == 1);
    HOLD(sample.traffic.bytes[TRAFFIC_MUNMAP] == 0);
    HOLD(sample.traffic.calls[TRAFFIC_MMAP] == 0 &&
         sample.traffic.bytes[TRAFFIC_MMAP] == 0);
    HOLD(sample.traffic.requested_bytes == 0);
    traffic_finish(&report);
    HOLD(report.has_traffic && report.covers_all_threads);
}

static void a_phase_begins_where_its_clock_starts(void **state)
{
    (void)state;
    skip_where_others_call();
    in_child(begin_anew);
}

/* Every process has a break of its own. */
static void grow_the_break_in_both(void)
{
    struct sample sample = {.phase = "fill"};
    (void)sbrk(0);
    (void)watch_traffic();
    const pid_t pid = fork();
    if (pid == 0) {
        _exit(sbrk((intptr_t)(2 * PAGE)) == (void *)-1);
    }
    HOLD(exit_status_of(pid) == 0);
    HOLD(sbrk((intptr_t)PAGE) != (void *)-1);
    traffic_end(&sample);
    HOLD(sample.traffic.bytes[TRAFFIC_BRK] == 3 * PAGE);
}

static void breaks_of_a_forked_child_are_its_own(void **state)
{
    (void)state;
    in_child(grow_the_break_in_both);
}

static void *wait_for_ever(void *context)
{
    (void)pause();
    return context;
}

static void wrap_beside_a_thread(void)
{
    static struct report report;
    pthread_t thread;
    HOLD(pthread_create(&thread, NULL, wait_for_ever, NULL) == 0);
    (void)watch_traffic();
    traffic_finish(&report);
    HOLD(report.has_traffic && !report.covers_all_threads);
}

static void an_earlier_thread_is_owned_up_to(void **state)
{
    (void)state;
    in_child(wrap_beside_a_thread);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_is_performed_and_counted_once),
        cmocka_unit_test(a_call_that_fails_fails_as_before),
        cmocka_unit_test(threads_that_start_later_are_counted),
        cmocka_unit_test(bytes_are_those_that_moved),
        cmocka_unit_test(every_way_of_asking_counts),
        cmocka_unit_test(a_phase_begins_where_its_clock_starts),
        cmocka_unit_test(breaks_of_a_forked_child_are_its_own),
        cmocka_unit_test(an_earlier_thread_is_owned_up_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
