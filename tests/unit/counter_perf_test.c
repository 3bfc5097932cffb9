/* harness/counter_perf.c on a kernel of this test's own, for few machines have
 * such a counter: what is asked for, and when a count is a count. */
#include "unit.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "counter.h"
#include "sample.h"

enum { COUNTER_FD = 1000 };

static struct {
    int error;   /* of perf_event_open; 0: it opens */
    bool is_cut; /* read gives less than all */
    uint64_t count, enabled_ns, running_ns;

    struct perf_event_attr wanted;
    unsigned long requests[8]; /* of ioctl */
    size_t request_count;
    bool is_open;
} kernel;

/* Linked in place of the C library's: CMake wraps them. */
long __wrap_syscall(long number, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);
ssize_t __wrap_read(int fd, void *out, size_t size);
int __wrap_close(int fd);
ssize_t __real_read(int fd, void *out, size_t size);
int __real_close(int fd);

long __wrap_syscall(long number, ...)
{
    va_list arguments;
    assert_int_equal(number, SYS_perf_event_open);
    va_start(arguments, number);
    kernel.wanted = *va_arg(arguments, const struct perf_event_attr *);
    va_end(arguments);
    errno = kernel.error;
    kernel.is_open = !kernel.error;
    return kernel.error ? -1 : COUNTER_FD;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
    assert_int_equal(fd, COUNTER_FD);
    assert_in_range(kernel.request_count, 0, 7);
    kernel.requests[kernel.request_count++] = request;
    return 0;
}

ssize_t __wrap_read(int fd, void *out, size_t size)
{
    if (fd != COUNTER_FD) {
        return __real_read(fd, out, size);
    }
    const uint64_t values[] = {kernel.count, kernel.enabled_ns,
                               kernel.running_ns};
    assert_int_equal(size, sizeof values);
    memcpy(out, values, sizeof values);
    return kernel.is_cut ? 8 : (ssize_t)size;
}

int __wrap_close(int fd)
{
    if (fd != COUNTER_FD) {
        return __real_close(fd);
    }
    kernel.is_open = false;
    return 0;
}

static int new_kernel(void **state)
{
    (void)state;
    memset(&kernel, 0, sizeof kernel);
    return 0;
}

static void instructions_of_user_space_are_asked_for(void **state)
{
    (void)state;
    struct reason reason = {""};
    assert_int_equal(counter_perf.open(&reason), STATUS_OK);
    assert_int_equal(kernel.wanted.type, PERF_TYPE_HARDWARE);
    assert_int_equal(kernel.wanted.config, PERF_COUNT_HW_INSTRUCTIONS);
    assert_int_equal(kernel.wanted.size, sizeof kernel.wanted);
    assert_true(kernel.wanted.disabled && kernel.wanted.exclude_kernel &&
                kernel.wanted.exclude_hv);
    assert_false(kernel.wanted.exclude_user);
    counter_perf.close();
    assert_false(kernel.is_open);
    assert_false(counter_perf.traced);
    assert_string_equal(counter_perf.source, "perf");
}

static void a_phase_begins_at_nought_and_ends_when_it_is_stopped(void **state)
{
    (void)state;
    struct reason reason;
    assert_int_equal(counter_perf.open(&reason), STATUS_OK);
    counter_perf.start();
    counter_perf.stop();
    const unsigned long expected[] = {
        PERF_EVENT_IOC_DISABLE, PERF_EVENT_IOC_RESET, PERF_EVENT_IOC_ENABLE,
        PERF_EVENT_IOC_DISABLE};
    assert_int_equal(kernel.request_count, 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(kernel.requests[i], expected[i]);
    }
    counter_perf.close();
}

static void a_count_that_is_not_whole_is_unknown(void **state)
{
    static const struct {
        uint64_t enabled_ns, running_ns;
        bool is_cut, known;
    } rows[] = {
        {500, 500, false, true},
        {500, 499, false, false}, /* another had the counter meanwhile */
        {500, 0, false, false},
        {500, 500, true, false},
    };
    struct reason reason;
    (void)state;
    assert_int_equal(counter_perf.open(&reason), STATUS_OK);
    kernel.count = 12345;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        kernel.enabled_ns = rows[i].enabled_ns;
        kernel.running_ns = rows[i].running_ns;
        kernel.is_cut = rows[i].is_cut;
        assert_int_equal(counter_perf.read("fill"),
                         rows[i].known ? 12345 : UNKNOWN);
    }
    counter_perf.close();
}

static void who_has_no_counter_is_told_why_and_what_to_do(void **state)
{
    static const struct {
        int error;
        const char *words;
    } rows[] = {
        {ENOENT, "this machine, or its hypervisor, offers none"},
        {EOPNOTSUPP, "this machine, or its hypervisor, offers none"},
        {ENOSYS, "this kernel was built without it"},
        {EACCES, "set kernel.perf_event_paranoid to 2 or less"},
        {EPERM, "seccomp profile"},
        {EMFILE, "see perf_event_open(2)"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct reason reason = {""};
        kernel.error = rows[i].error;
        assert_int_equal(counter_perf.open(&reason), STATUS_UNSUPPORTED);
        assert_contains(reason.text, "no counter of instructions");
        assert_contains(reason.text, strerror(rows[i].error));
        assert_contains(reason.text, rows[i].words);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(instructions_of_user_space_are_asked_for,
                               new_kernel),
        cmocka_unit_test_setup(
            a_phase_begins_at_nought_and_ends_when_it_is_stopped, new_kernel),
        cmocka_unit_test_setup(a_count_that_is_not_whole_is_unknown,
                               new_kernel),
        cmocka_unit_test_setup(who_has_no_counter_is_told_why_and_what_to_do,
                               new_kernel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
