/* The processor's own counter of instructions, of this thread in user space.
 *
 * perf_event_open(2): interrupts and page faults may add a few counts, so
 * that it repeats less exactly than callgrind, and at full speed.
 */
#include "counter.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sample.h"

static int counter_fd = -1;

static enum status explain_refusal(int error, struct reason *reason)
{
    static const struct {
        int error;
        const char *words;
    } rows[] = {
        {ENOENT, "this machine, or its hypervisor, offers none"},
        {EOPNOTSUPP, "this machine, or its hypervisor, offers none"},
        {ENOSYS, "this kernel was built without it"},
        {EACCES, "set kernel.perf_event_paranoid to 2 or less"},
        {EPERM, "allow perf_event_open in the container's seccomp profile, "
                "or set kernel.perf_event_paranoid to 2 or less"},
    };
    const char *words = "see perf_event_open(2)";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        words = rows[i].error == error ? rows[i].words : words;
    }
    return explain(reason, STATUS_UNSUPPORTED,
                   "no counter of instructions: perf_event_open: %s: %s",
                   strerror(error), words);
}

static enum status perf_open(struct reason *reason)
{
    struct perf_event_attr wanted = {
        .type = PERF_TYPE_HARDWARE,
        .size = sizeof wanted,
        .config = PERF_COUNT_HW_INSTRUCTIONS,
        .read_format =
            PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
        .disabled = 1,
        .exclude_kernel = 1,
        .exclude_hv = 1,
    };
    counter_fd = (int)syscall(SYS_perf_event_open, &wanted, 0, -1, -1,
                              (unsigned long)PERF_FLAG_FD_CLOEXEC);
    return counter_fd >= 0 ? STATUS_OK : explain_refusal(errno, reason);
}

static void perf_stop(void)
{
    (void)ioctl(counter_fd, PERF_EVENT_IOC_DISABLE, 0);
}

static void perf_start(void)
{
    perf_stop();
    (void)ioctl(counter_fd, PERF_EVENT_IOC_RESET, 0);
    (void)ioctl(counter_fd, PERF_EVENT_IOC_ENABLE, 0);
}

/* Unknown where others shared the counter and part of the time was lost. The
 * two times are never reset, so that once lost is lost for the cell. */
static uint64_t perf_read(const char *phase)
{
    struct {
        uint64_t count, enabled_ns, running_ns;
    } now;
    (void)phase;
    const bool whole = read(counter_fd, &now, sizeof now) == sizeof now &&
                       now.running_ns == now.enabled_ns;
    return whole ? now.count : UNKNOWN;
}

static void perf_close(void)
{
    (void)close(counter_fd);
    counter_fd = -1;
}

const struct counter counter_perf = {
    .source = "perf",
    .open = perf_open,
    .start = perf_start,
    .stop = perf_stop,
    .read = perf_read,
    .close = perf_close,
};
