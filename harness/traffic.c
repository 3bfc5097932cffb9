/* The kind `traffic`: counts the system calls by which memory comes and goes.
 *
 * The counters lie in memory that forked children share, and change by
 * atomic additions alone: a signal handler on any thread may make them.
 */
#include "traffic.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "call_trap.h"
#include "scratch.h"

static const int numbers[TRAFFIC_COUNT] = {
    [TRAFFIC_MMAP] = SYS_mmap,       [TRAFFIC_MUNMAP] = SYS_munmap,
    [TRAFFIC_MADVISE] = SYS_madvise, [TRAFFIC_BRK] = SYS_brk,
    [TRAFFIC_MREMAP] = SYS_mremap,
};

struct counters {
    _Atomic uint64_t requested_bytes;
    _Atomic uint64_t calls[TRAFFIC_COUNT], bytes[TRAFFIC_COUNT];
};

/* Of this process: a child that was forked has a break of its own. */
static _Atomic uint64_t break_address;

static struct {
    struct allocator_calls inner, own_malloc;
    struct counters *counters; /* shared with forked children */
    struct traffic begin;      /* of the phase under way */
    bool alone;                /* no other thread when the trap was set */
} traffic;

/* ---- the count -----------------------------------------------------------
 */

static void add(_Atomic uint64_t *counter, uint64_t value)
{
    (void)atomic_fetch_add_explicit(counter, value, memory_order_relaxed);
}

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a > b ? a - b : b - a;
}

/* Bytes that a call moved; 0 for one that failed. brk answers where the break
 * is now, whether it moved it or not. */
static uint64_t moved_bytes(const struct trapped_call *call)
{
    const uint64_t *arguments = call->arguments;
    if (call->which == TRAFFIC_BRK) {
        const uint64_t now = (uint64_t)call->result;
        return distance(now, atomic_exchange(&break_address, now));
    }
    if (call->result < 0 && call->result >= -4095) {
        return 0; /* an error number: the range that the kernel keeps free */
    }
    return call->which == TRAFFIC_MREMAP ? distance(arguments[1], arguments[2])
                                         : arguments[1];
}

static void observe(const struct trapped_call *call)
{
    add(&traffic.counters->calls[call->which], 1);
    add(&traffic.counters->bytes[call->which], moved_bytes(call));
}

static struct traffic read_counters(void)
{
    struct counters *counters = traffic.counters;
    struct traffic now = {.requested_bytes =
                              atomic_load(&counters->requested_bytes)};
    for (size_t i = 0; i < TRAFFIC_COUNT; i++) {
        now.calls[i] = atomic_load(&counters->calls[i]);
        now.bytes[i] = atomic_load(&counters->bytes[i]);
    }
    return now;
}

void traffic_begin(void)
{
    traffic.begin = read_counters();
}

void traffic_end(struct sample *sample)
{
    const struct traffic *begin = &traffic.begin;
    struct traffic *phase = &sample->traffic;
    *phase = read_counters();
    phase->requested_bytes -= begin->requested_bytes;
    for (size_t i = 0; i < TRAFFIC_COUNT; i++) {
        phase->calls[i] -= begin->calls[i];
        phase->bytes[i] -= begin->bytes[i];
    }
}

void traffic_finish(struct report *report)
{
    report->has_traffic = true;
    report->covers_all_threads = traffic.alone;
}

/* ---- what the workload asks for ------------------------------------------
 */

static void requested(size_t bytes)
{
    add(&traffic.counters->requested_bytes, bytes);
}

static void *traffic_alloc(size_t size)
{
    requested(size);
    return traffic.inner.alloc(size);
}

static void *traffic_own_alloc(size_t size)
{
    requested(size);
    return traffic.own_malloc.alloc(size);
}

static void *traffic_alloc_zeroed(size_t count, size_t size)
{
    requested(count * size);
    return traffic.inner.alloc_zeroed(count, size);
}

static void *traffic_resize(void *block, size_t size)
{
    requested(size);
    return traffic.inner.resize(block, size);
}

static void *traffic_alloc_aligned(size_t alignment, size_t size)
{
    requested(size);
    return traffic.inner.alloc_aligned(alignment, size);
}

static void wrap_calls(struct allocator_calls *calls)
{
    calls->alloc = traffic_alloc;
    calls->alloc_zeroed = calls->alloc_zeroed ? traffic_alloc_zeroed : NULL;
    calls->resize = calls->resize ? traffic_resize : NULL;
    calls->alloc_aligned = calls->alloc_aligned ? traffic_alloc_aligned : NULL;
}

/* ---- before the phases ---------------------------------------------------
 */

/* Whether this process has one thread; false where it cannot be told. The
 * links of the folder of its threads are its own two and one for each. Reading
 * the folder would take a buffer from the C library's malloc. */
static bool is_alone(void)
{
    struct stat tasks;
    return stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink == 3;
}

static struct counters *map_counters(void)
{
    struct counters *counters =
        mmap(NULL, sizeof *counters, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counters == MAP_FAILED) {
        return NULL;
    }
    scratch_adopt(counters, sizeof *counters);
    return counters;
}

enum status traffic_wrap(struct allocator_calls *calls,
                         struct allocator_calls *own_malloc,
                         struct reason *reason)
{
    static const uint64_t nothing[TRAPPED_ARGUMENTS] = {0};
    traffic.inner = *calls;
    traffic.own_malloc = *own_malloc;
    traffic.counters = map_counters();
    if (!traffic.counters) {
        return explain(reason, STATUS_FAILED, "no memory for the counters");
    }
    traffic.alone = is_alone();
    const enum status status =
        call_trap_install(numbers, TRAFFIC_COUNT, observe, reason);
    if (status != STATUS_OK) {
        return status;
    }
    atomic_store(&break_address,
                 (uint64_t)call_trap_perform(SYS_brk, nothing));
    wrap_calls(calls);
    own_malloc->alloc = traffic_own_alloc;
    return STATUS_OK;
}
