/* The kind `stalls`: the time of every single call. */
#include "stalls.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "scratch.h"

enum {
    LANE_COUNT = 131,    /* 130 threads at once, and the main one */
    WINDOW_CALLS = 1024, /* a thread is read this often at least */
    CLOCK_READINGS = 10001,
};

/* What is known of a thread at one moment, since its start. */
struct reading {
    uint64_t wall_ns, cpu_ns, system_ns;
    uint64_t minor_faults, major_faults;
    uint64_t voluntary_switches, involuntary_switches;
};

/* The figures of one thread at a time. */
struct lane {
    _Alignas(64) atomic_flag taken;
    uint64_t phase;    /* that of `position` */
    uint64_t position; /* calls in this phase */
    uint64_t window_calls;
    struct reading read; /* where the window began */
    struct call_figures classes[CLASS_COUNT];
};

static struct {
    struct allocator_calls inner;
    struct lane *lanes; /* LANE_COUNT of them */
    _Atomic uint64_t phase;
    atomic_bool crowded; /* a thread found no lane */
    bool begun;
    uint64_t clock_ns;
} stalls;

static _Thread_local struct lane *own_lane;

/* ---- clock and usage -----------------------------------------------------
 */

static uint64_t clock_ns(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static uint64_t in_ns(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_usec * 1000;
}

static struct reading read_thread(uint64_t wall_ns)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_THREAD, &usage);
    return (struct reading){
        .wall_ns = wall_ns,
        .cpu_ns = in_ns(usage.ru_utime) + in_ns(usage.ru_stime),
        .system_ns = in_ns(usage.ru_stime),
        .minor_faults = (uint64_t)usage.ru_minflt,
        .major_faults = (uint64_t)usage.ru_majflt,
        .voluntary_switches = (uint64_t)usage.ru_nvcsw,
        .involuntary_switches = (uint64_t)usage.ru_nivcsw,
    };
}

static int compare_numbers(const void *a, const void *b)
{
    const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

/* The median of readings back to back: what a time is too long by. */
static enum status measure_clock(struct reason *reason)
{
    uint64_t *times = scratch_map(CLOCK_READINGS * sizeof *times, reason);
    if (!times) {
        return STATUS_FAILED;
    }
    for (size_t i = 0; i < CLOCK_READINGS; i++) {
        const uint64_t start = clock_ns();
        times[i] = clock_ns() - start;
    }
    qsort(times, CLOCK_READINGS, sizeof *times, compare_numbers);
    stalls.clock_ns = times[CLOCK_READINGS / 2];
    return STATUS_OK;
}

/* ---- lanes ---------------------------------------------------------------
 */

static void open_window(struct lane *lane, uint64_t now_ns)
{
    lane->read = read_thread(now_ns);
    lane->window_calls = 0;
}

static struct lane *take_lane(void)
{
    for (size_t i = 0; i < LANE_COUNT; i++) {
        if (!atomic_flag_test_and_set(&stalls.lanes[i].taken)) {
            stalls.lanes[i].phase = UINT64_MAX;
            return &stalls.lanes[i];
        }
    }
    atomic_store(&stalls.crowded, true);
    return NULL;
}

/* The thread's own, ready for a call of this phase; NULL where all are
 * taken. */
static struct lane *lane_of_thread(void)
{
    const uint64_t phase =
        atomic_load_explicit(&stalls.phase, memory_order_relaxed);
    if (!own_lane) {
        own_lane = take_lane();
    }
    if (own_lane && own_lane->phase != phase) {
        own_lane->phase = phase;
        own_lane->position = 0;
        open_window(own_lane, clock_ns());
    }
    return own_lane;
}

static void leave_lane(void)
{
    if (own_lane) {
        atomic_flag_clear(&own_lane->taken);
        own_lane = NULL;
    }
}

/* ---- one call ------------------------------------------------------------
 */

static struct call_window close_window(const struct lane *lane,
                                       const struct reading *now)
{
    const struct reading *then = &lane->read;
    return (struct call_window){
        .calls = lane->window_calls,
        .wall_ns = now->wall_ns - then->wall_ns,
        .cpu_ns = now->cpu_ns - then->cpu_ns,
        .system_ns = now->system_ns - then->system_ns,
        .minor_faults = now->minor_faults - then->minor_faults,
        .major_faults = now->major_faults - then->major_faults,
        .voluntary_switches =
            now->voluntary_switches - then->voluntary_switches,
        .involuntary_switches =
            now->involuntary_switches - then->involuntary_switches,
    };
}

/* The place for a call that took so long: a free one or that of the shortest;
 * NULL where it is none of the longest. */
static struct slow_call *place_for(struct call_figures *figures,
                                   uint64_t duration_ns)
{
    if (figures->longest_count < LONGEST_CAPACITY) {
        return &figures->longest[figures->longest_count++];
    }
    struct slow_call *shortest = &figures->longest[0];
    for (size_t i = 1; i < LONGEST_CAPACITY; i++) {
        if (figures->longest[i].duration_ns < shortest->duration_ns) {
            shortest = &figures->longest[i];
        }
    }
    return duration_ns > shortest->duration_ns ? shortest : NULL;
}

static void keep_longest(struct lane *lane, enum call_class class,
                         enum call_function function, uint64_t duration_ns,
                         uint64_t end_ns)
{
    struct slow_call *slow = place_for(&lane->classes[class], duration_ns);
    if (!slow) {
        return;
    }
    const struct reading now = read_thread(end_ns);
    *slow = (struct slow_call){
        .duration_ns = duration_ns,
        .position = lane->position,
        .sample = (uint32_t)lane->phase,
        .function = (uint32_t)function,
        .window = close_window(lane, &now),
    };
    open_window(lane, clock_ns());
}

static void note(struct lane *lane, enum call_class class,
                 enum call_function function, uint64_t start_ns)
{
    const uint64_t end_ns = clock_ns();
    if (!lane) {
        return;
    }
    const uint64_t duration_ns = end_ns - start_ns;
    struct call_figures *figures = &lane->classes[class];
    lane->position++;
    lane->window_calls++;
    figures->calls++;
    figures->above_1us += duration_ns > 1000;
    figures->above_10us += duration_ns > 10000;
    figures->above_100us += duration_ns > 100000;
    figures->buckets[histogram_bucket(duration_ns)]++;
    keep_longest(lane, class, function, duration_ns, end_ns);
    if (lane->window_calls >= WINDOW_CALLS) {
        open_window(lane, clock_ns());
    }
}

static void *timed_alloc(size_t size)
{
    struct lane *lane = lane_of_thread();
    const uint64_t start_ns = clock_ns();
    void *block = stalls.inner.alloc(size);
    note(lane, CLASS_ALLOC, FUNCTION_ALLOC, start_ns);
    return block;
}

static void *timed_alloc_zeroed(size_t count, size_t size)
{
    struct lane *lane = lane_of_thread();
    const uint64_t start_ns = clock_ns();
    void *block = stalls.inner.alloc_zeroed(count, size);
    note(lane, CLASS_ALLOC, FUNCTION_ALLOC_ZEROED, start_ns);
    return block;
}

static void *timed_alloc_aligned(size_t alignment, size_t size)
{
    struct lane *lane = lane_of_thread();
    const uint64_t start_ns = clock_ns();
    void *block = stalls.inner.alloc_aligned(alignment, size);
    note(lane, CLASS_ALLOC, FUNCTION_ALLOC_ALIGNED, start_ns);
    return block;
}

static void *timed_resize(void *block, size_t size)
{
    struct lane *lane = lane_of_thread();
    const uint64_t start_ns = clock_ns();
    void *resized = stalls.inner.resize(block, size);
    note(lane, CLASS_ALLOC, FUNCTION_RESIZE, start_ns);
    return resized;
}

static void timed_release(void *block)
{
    struct lane *lane = lane_of_thread();
    const uint64_t start_ns = clock_ns();
    stalls.inner.release(block);
    note(lane, CLASS_RELEASE, FUNCTION_RELEASE, start_ns);
}

static void timed_purge(void)
{
    struct lane *lane = lane_of_thread();
    const uint64_t start_ns = clock_ns();
    stalls.inner.purge();
    note(lane, CLASS_TRIM, FUNCTION_TRIM, start_ns);
}

static void end_thread(void)
{
    if (stalls.inner.thread_end) {
        stalls.inner.thread_end();
    }
    leave_lane();
}

/* ---- the kind ------------------------------------------------------------
 */

enum status stalls_wrap(struct allocator_calls *calls,
                        struct allocator_calls *own_malloc,
                        struct reason *reason)
{
    (void)own_malloc;
    stalls.inner = *calls;
    stalls.lanes = scratch_map(LANE_COUNT * sizeof *stalls.lanes, reason);
    if (!stalls.lanes || measure_clock(reason) != STATUS_OK) {
        return STATUS_FAILED;
    }
    own_lane = take_lane(); /* the main thread's: the tail needs it */
    calls->alloc = timed_alloc;
    calls->release = timed_release;
    calls->alloc_zeroed = calls->alloc_zeroed ? timed_alloc_zeroed : NULL;
    calls->alloc_aligned = calls->alloc_aligned ? timed_alloc_aligned : NULL;
    calls->resize = calls->resize ? timed_resize : NULL;
    calls->purge = calls->purge ? timed_purge : NULL;
    calls->thread_end = end_thread;
    return STATUS_OK;
}

void stalls_begin(void)
{
    if (own_lane && !stalls.begun) {
        /* The warming pair was no request of the workload's. */
        memset(own_lane->classes, 0, sizeof own_lane->classes);
        own_lane->phase = UINT64_MAX;
    }
    stalls.begun = true;
}

void stalls_end(struct sample *sample)
{
    (void)sample;
    (void)atomic_fetch_add(&stalls.phase, 1);
}

enum status stalls_check(const struct phase *phase, struct reason *reason)
{
    if (!atomic_load(&stalls.crowded)) {
        return STATUS_OK;
    }
    return explain(reason, STATUS_FAILED,
                   "phase %s: the kind stalls has room for %d threads at "
                   "once: ask for fewer",
                   phase->name, LANE_COUNT - 1);
}

static int compare_durations(const void *a, const void *b)
{
    const struct slow_call *left = a, *right = b;
    return (left->duration_ns < right->duration_ns) -
           (left->duration_ns > right->duration_ns);
}

static void add_figures(struct call_figures *sum,
                        const struct call_figures *more)
{
    sum->calls += more->calls;
    sum->above_1us += more->above_1us;
    sum->above_10us += more->above_10us;
    sum->above_100us += more->above_100us;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        sum->buckets[i] += more->buckets[i];
    }
    for (size_t i = 0; i < more->longest_count; i++) {
        struct slow_call *place = place_for(sum, more->longest[i].duration_ns);
        if (place) {
            *place = more->longest[i];
        }
    }
}

void stalls_finish(struct report *report)
{
    struct stalls *sum = &report->stalls;
    sum->clock_ns = stalls.clock_ns;
    for (size_t class = 0; class < CLASS_COUNT; class ++) {
        struct call_figures *figures = &sum->classes[class];
        for (size_t i = 0; i < LANE_COUNT; i++) {
            add_figures(figures, &stalls.lanes[i].classes[class]);
        }
        qsort(figures->longest, figures->longest_count,
              sizeof *figures->longest, compare_durations);
    }
    report->has_stalls = true;
}
