/* Hosts that lack a file of the kernel, have other limits or other pages:
 * harness/meter_linux.c, cgroup.c and machine.c. What a host does not tell is
 * UNKNOWN, and what stands in for it is named.
 *
 * This program's own open() and sysconf() stand before those of libc: a test
 * lists the files that are not there, or whose text it chooses. */
#include "unit.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cgroup.h"
#include "machine.h"
#include "meter.h"

struct faked {
    const char *path; /* a prefix; what it covers opens as the text says */
    const char *text; /* NULL: it cannot be opened */
    int error;
};

/* Ends in a row without a path; the first that covers a path counts. */
static const struct faked *faked_files;
static long faked_page_bytes; /* 0: the system's own */

static int open_text(const char *text)
{
    const int fd = memfd_create("faked", MFD_CLOEXEC);
    const size_t length = strlen(text);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, length), (ssize_t)length);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    return fd;
}

int open(const char *file, int oflag, ...)
{
    for (const struct faked *faked = faked_files; faked && faked->path;
         faked++) {
        if (strncmp(faked->path, file, strlen(faked->path)) == 0) {
            errno = faked->error;
            return faked->text ? open_text(faked->text) : -1;
        }
    }
    return openat(AT_FDCWD, file, oflag, 0600);
}

long sysconf(int name)
{
    long (*real)(int) = NULL;
    void *symbol = dlsym(RTLD_NEXT, "sysconf");
    memcpy(&real, &symbol, sizeof real);
    return name == _SC_PAGESIZE && faked_page_bytes ? faked_page_bytes
                                                    : real(name);
}

static int forget_fakes(void **state)
{
    (void)state;
    faked_files = NULL;
    faked_page_bytes = 0;
    return 0;
}

#define FAKED(...) ((const struct faked[]){__VA_ARGS__, {NULL, NULL, 0}})

/* ---- the meter -------------------------------------------------------------
 */

static void open_meter(const struct faked *files)
{
    struct reason reason;
    faked_files = files;
    assert_int_equal(meter_linux.open(&reason), STATUS_OK);
}

static void count_pages(void *context, uint64_t start, uint64_t page_count,
                        const uint64_t *resident)
{
    (void)start;
    (void)resident;
    *(uint64_t *)context += page_count;
}

static bool has_page_truth(void)
{
    uint64_t page_count = 0;
    return meter_linux.each_mapping(count_pages, &page_count) &&
           page_count > 0;
}

/* Each open() maps scratch, and nothing here gives any back: the sum lies
 * between what the kernel added up before and after. */
static void smaps_is_summed_where_there_is_no_rollup(void **state)
{
    (void)state;
    struct memory before, summed, after;
    open_meter(NULL);
    meter_linux.read_memory(&before);
    meter_linux.read_memory(&before); /* the way is warm now */
    assert_string_equal(meter_linux.memory_source(), "smaps_rollup");
    open_meter(FAKED({"/proc/self/smaps_rollup", NULL, ENOENT}));
    assert_string_equal(meter_linux.memory_source(), "smaps");
    meter_linux.read_memory(&summed);
    open_meter(NULL);
    meter_linux.read_memory(&after);
    assert_true(before.anon_bytes > 0);
    assert_in_range(summed.anon_bytes, before.anon_bytes, after.anon_bytes);
    assert_in_range(summed.rss_bytes, before.rss_bytes, after.rss_bytes);
    assert_int_equal(summed.lazy_free_bytes, 0);
    assert_int_equal(summed.swap_bytes, before.swap_bytes);
}

static void what_is_billed_is_the_number_in_its_file(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } rows[] = {{"113246208\n", 113246208},
                {"0\n", UNKNOWN}, /* it is not in the group */
                {"", UNKNOWN},
                {"max\n", UNKNOWN},
                {"-1\n", UNKNOWN}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct memory memory;
        meter_linux_bill("/own/memory.current");
        open_meter(FAKED({"/own/memory.current", rows[i].text, 0}));
        meter_linux.read_memory(&memory);
        assert_int_equal(memory.charged_bytes, rows[i].bytes);
    }
    meter_linux_bill(NULL);
}

static void without_a_group_nothing_is_billed(void **state)
{
    (void)state;
    struct memory memory;
    open_meter(NULL);
    meter_linux.read_memory(&memory);
    assert_int_equal(memory.charged_bytes, UNKNOWN);
    meter_linux_bill("/own/memory.current");
    open_meter(FAKED({"/own/memory.current", NULL, ENOENT}));
    meter_linux.read_memory(&memory);
    assert_int_equal(memory.charged_bytes, UNKNOWN);
    assert_true(memory.anon_bytes > 0);
    meter_linux_bill(NULL);
}

static const char two_mappings[] = "1000-3000 rw-p 00000000 00:00 0   [heap]\n"
                                   "Rss:                   8 kB\n"
                                   "Anonymous:             4 kB\n"
                                   "LazyFree:              1 kB\n"
                                   "AnonHugePages:         2 kB\n"
                                   "Shared_Hugetlb:       16 kB\n"
                                   "Private_Hugetlb:      32 kB\n"
                                   "Swap:                  5 kB\n"
                                   "VmFlags: rd mr mw me\n"
                                   "5000-9000 rw-p 00000000 00:00 0\n"
                                   "Rss:                 100 kB\n"
                                   "Anonymous:            60 kB\n"
                                   "LazyFree:             30 kB\n"
                                   "AnonHugePages:        10 kB\n"
                                   "Shared_Hugetlb:        0 kB\n"
                                   "Private_Hugetlb:       0 kB\n"
                                   "Swap:                 10 kB\n";

static void the_sum_is_over_every_mapping(void **state)
{
    (void)state;
    struct memory memory;
    open_meter(FAKED({"/proc/self/smaps_rollup", NULL, ENOENT},
                     {"/proc/self/smaps", two_mappings, 0}));
    meter_linux.read_memory(&memory);
    assert_int_equal(memory.rss_bytes, 108 * 1024);
    assert_int_equal(memory.anon_bytes, 64 * 1024);
    assert_int_equal(memory.lazy_free_bytes, 31 * 1024);
    assert_int_equal(memory.huge_bytes, 12 * 1024);
    assert_int_equal(memory.swap_bytes, 15 * 1024);
}

/* smaps of kernels before 4.12 has no such line, but lazy freeing is older. */
static void what_no_mapping_tells_is_unknown(void **state)
{
    (void)state;
    struct memory memory;
    open_meter(FAKED({"/proc/self/smaps_rollup", NULL, ENOENT},
                     {"/proc/self/smaps",
                      "1000-3000 rw-p 0 00:00 0\nAnonymous: 4 kB\n", 0}));
    meter_linux.read_memory(&memory);
    assert_int_equal(memory.anon_bytes, 4096);
    assert_int_equal(memory.lazy_free_bytes, UNKNOWN);
}

static void status_alone_leaves_lazily_freed_memory_unknown(void **state)
{
    (void)state;
    struct memory memory;
    open_meter(FAKED({"/proc/self/smaps", NULL, EACCES}));
    assert_string_equal(meter_linux.memory_source(), "status");
    meter_linux.read_memory(&memory);
    assert_int_equal(memory.lazy_free_bytes, UNKNOWN);
    assert_int_equal(memory.huge_bytes, UNKNOWN);
    assert_true(memory.anon_bytes > 0 && memory.anon_bytes != UNKNOWN);
    assert_true(memory.rss_bytes > memory.anon_bytes);
    assert_true(memory.rss_bytes != UNKNOWN);
    assert_true(memory.statm_rss_bytes != UNKNOWN);
    assert_true(memory.swap_bytes != UNKNOWN);
}

/* Without CONFIG_HUGETLB_PAGE status has no line of them. */
static void reserved_huge_pages_are_told_by_smaps_if_status_does_not(void **s)
{
    (void)s;
    struct memory memory;
    const char status[] = "VmHWM:  80 kB\nRssShmem:  4 kB\nVmPTE:  8 kB\n";
    open_meter(FAKED({"/proc/self/smaps_rollup", two_mappings, 0},
                     {"/proc/self/status", status, 0}));
    meter_linux.read_memory(&memory);
    assert_int_equal(memory.hugetlb_bytes, 48 * 1024);
    assert_int_equal(memory.shmem_bytes, 4096);
    assert_int_equal(meter_linux.read_peak(), 80 * 1024);
    open_meter(FAKED({"/proc/self/smaps", NULL, ENOENT},
                     {"/proc/self/status", status, 0}));
    meter_linux.read_memory(&memory);
    assert_int_equal(memory.hugetlb_bytes, UNKNOWN);
}

/* The sanitizers map terabytes of shadow, more than page truth walks. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { PAGE_TRUTH_HERE = false };
#else
enum { PAGE_TRUTH_HERE = true };
#endif

static void without_pagemap_only_page_truth_is_missing(void **state)
{
    (void)state;
    struct memory memory;
    open_meter(NULL);
    assert_int_equal(has_page_truth(), PAGE_TRUTH_HERE);
    open_meter(FAKED({"/proc/self/pagemap", NULL, EPERM}));
    assert_false(has_page_truth());
    meter_linux.read_memory(&memory);
    assert_true(memory.anon_bytes != UNKNOWN);
    assert_true(memory.lazy_free_bytes != UNKNOWN);
    assert_true(memory.mapping_count != UNKNOWN);
}

static void without_statm_only_the_cheap_counter_is_missing(void **state)
{
    (void)state;
    struct memory memory;
    open_meter(FAKED({"/proc/self/statm", NULL, EACCES}));
    meter_linux.read_memory(&memory);
    assert_int_equal(memory.statm_rss_bytes, UNKNOWN);
    assert_true(memory.anon_bytes != UNKNOWN);
}

static void other_pages_than_4096_bytes_have_no_page_truth(void **state)
{
    (void)state;
    struct memory memory;
    faked_page_bytes = 16384;
    open_meter(FAKED({"/proc/self/statm", "100 50 1 1 0 1 0\n", 0}));
    assert_false(has_page_truth());
    meter_linux.read_memory(&memory);
    assert_int_equal(memory.statm_rss_bytes, 50 * 16384);
    assert_true(memory.anon_bytes != UNKNOWN);
}

static void without_proc_the_meter_refuses_with_the_reason(void **state)
{
    (void)state;
    struct reason reason;
    faked_files = FAKED({"/proc/", NULL, ENOENT});
    assert_int_equal(meter_linux.open(&reason), STATUS_UNSUPPORTED);
    assert_contains(reason.text, "/proc/self/status: No such file");
    assert_contains(reason.text, "is /proc mounted?");
}

/* ---- control groups --------------------------------------------------------
 */

static struct cgroup_limits read_limits(const struct faked *files)
{
    struct cgroup_limits limits;
    faked_files = files;
    cgroup_read(&limits);
    return limits;
}

#define NO_OTHER                                                              \
    {                                                                         \
        "/sys/fs/cgroup/", NULL, ENOENT                                       \
    }

static void a_limit_of_the_own_group_counts_and_not_the_root_alone(void **s)
{
    (void)s;
    const struct cgroup_limits limits = read_limits(FAKED(
        {"/proc/self/cgroup", "0::/user/job\n", 0},
        {"/sys/fs/cgroup/user/job/memory.max", "1000000\n", 0},
        {"/sys/fs/cgroup/user/job/memory.current", "400000\n", 0},
        {"/sys/fs/cgroup/user/job/memory.stat",
         "anon 7\ninactive_file 100000\nactive_file 9\n", 0},
        {"/sys/fs/cgroup/user/job/cpu.max", "50000 100000\n", 0}, NO_OTHER));
    assert_int_equal(limits.memory_limit_bytes, 1000000);
    assert_int_equal(limits.memory_used_bytes, 300000);
    assert_int_equal(cgroup_memory_room(&limits), 700000);
    assert_int_equal(limits.cpu_quota_us, 50000);
    assert_int_equal(limits.cpu_period_us, 100000);
}

static void of_several_levels_the_one_with_the_least_room_counts(void **state)
{
    (void)state;
    const struct cgroup_limits limits = read_limits(
        FAKED({"/proc/self/cgroup", "0::/user/job\n", 0},
              {"/sys/fs/cgroup/user/job/memory.max", "1000000\n", 0},
              {"/sys/fs/cgroup/user/job/memory.current", "10\n", 0},
              {"/sys/fs/cgroup/user/memory.max", "2000000\n", 0},
              {"/sys/fs/cgroup/user/memory.current", "1900000\n", 0},
              {"/sys/fs/cgroup/memory.max", "max\n", 0},
              {"/sys/fs/cgroup/user/job/cpu.max", "max 100000\n", 0},
              {"/sys/fs/cgroup/user/cpu.max", "300000 100000\n", 0},
              {"/sys/fs/cgroup/cpu.max", "200000 100000\n", 0}, NO_OTHER));
    assert_int_equal(limits.memory_limit_bytes, 2000000);
    assert_int_equal(limits.memory_used_bytes, 1900000);
    assert_int_equal(limits.cpu_quota_us, 200000);
}

static void version_1_is_read_where_it_is_mounted(void **state)
{
    (void)state;
    const struct cgroup_limits limits = read_limits(FAKED(
        {"/proc/self/cgroup",
         "5:cpuacct,cpu:/box\n4:memory:/box/in\n1:name=systemd:/x\n0::/\n", 0},
        {"/sys/fs/cgroup/memory/box/in/memory.limit_in_bytes", "5000\n", 0},
        {"/sys/fs/cgroup/memory/box/in/memory.usage_in_bytes", "3000\n", 0},
        {"/sys/fs/cgroup/memory/box/in/memory.stat",
         "inactive_file 1\ntotal_inactive_file 1000\n", 0},
        {"/sys/fs/cgroup/memory/memory.limit_in_bytes",
         "9223372036854771712\n", 0},
        {"/sys/fs/cgroup/cpu/box/cpu.cfs_quota_us", "25000\n", 0},
        {"/sys/fs/cgroup/cpu/box/cpu.cfs_period_us", "100000\n", 0},
        {"/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n", 0}, NO_OTHER));
    assert_int_equal(limits.memory_limit_bytes, 5000);
    assert_int_equal(limits.memory_used_bytes, 2000);
    assert_int_equal(limits.cpu_quota_us, 25000);
    assert_int_equal(limits.cpu_period_us, 100000);
}

/* A container may show the path that its host sees, and mount its own group
 * as the root. */
static void a_path_that_is_not_here_leaves_the_mounted_root(void **state)
{
    (void)state;
    const struct cgroup_limits limits = read_limits(
        FAKED({"/proc/self/cgroup", "4:memory:/docker/0a1b\n", 0},
              {"/sys/fs/cgroup/memory/memory.limit_in_bytes", "4096\n", 0},
              NO_OTHER));
    assert_int_equal(limits.memory_limit_bytes, 4096);
    assert_int_equal(limits.memory_used_bytes, UNKNOWN);
    assert_int_equal(cgroup_memory_room(&limits), 4096);
}

static void without_control_groups_nothing_is_limited(void **state)
{
    (void)state;
    const struct cgroup_limits limits =
        read_limits(FAKED({"/proc/self/cgroup", NULL, ENOENT}, NO_OTHER));
    assert_int_equal(limits.memory_limit_bytes, UNKNOWN);
    assert_int_equal(limits.cpu_quota_us, UNKNOWN);
    assert_int_equal(cgroup_memory_room(&limits), UNKNOWN);
}

static void hostile_paths_stay_within_the_mount(void **state)
{
    (void)state;
    static char longer[4096];
    char path[64];
    memset(longer, '0', sizeof longer - 1);
    longer[1] = longer[2] = ':';
    longer[3] = '/';
    const char *const texts[] = {
        "",  ":",      "0",     "0::",   "0::x",         "0::/../../etc\n",
        "0", "\n\n::", "0:\n:", longer,  "3:cpu:/x\n0:", "0:memory",
        "9", "::::",   "0::/",  "0::/\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cgroup_path(texts[i], "", path, sizeof path);
        assert_string_equal(path, "/");
    }
    cgroup_path("3:cpu,memory:/x:y\n0::/z\n", "memory", path, sizeof path);
    assert_string_equal(path, "/x:y");
    cgroup_path("3:cpu,memory:/x\n0::/z\n", "mem", path, sizeof path);
    assert_string_equal(path, "/");
    cgroup_path("3:cpu,memory:/x\n0::/z\n", "", path, sizeof path);
    assert_string_equal(path, "/z");
}

/* ---- the machine -----------------------------------------------------------
 */

#define MEMINFO "MemTotal: 1000 kB\nMemAvailable: 800 kB\n"

static void the_limit_is_the_lesser_of_what_is_available_and_the_room(void **s)
{
    (void)s;
    struct machine machine = {.available_bytes = 1000,
                              .cgroup_memory_limit_bytes = UNKNOWN,
                              .cgroup_memory_used_bytes = UNKNOWN};
    assert_int_equal(machine_memory_limit(&machine), 900);
    machine.cgroup_memory_limit_bytes = 700;
    assert_int_equal(machine_memory_limit(&machine), 630);
    machine.cgroup_memory_used_bytes = 600;
    assert_int_equal(machine_memory_limit(&machine), 90);
    machine.cgroup_memory_used_bytes = 800;
    assert_int_equal(machine_memory_limit(&machine), 0);
    machine.available_bytes = machine.cgroup_memory_limit_bytes = UNKNOWN;
    assert_int_equal(machine_memory_limit(&machine), UNKNOWN);
}

static void swap_in_use_is_read_and_never_more_than_there_is(void **state)
{
    (void)state;
    struct machine machine;
    faked_files = FAKED(
        {"/proc/meminfo", MEMINFO "SwapTotal: 50 kB\nSwapFree: 20 kB\n", 0});
    machine_read(&machine);
    assert_int_equal(machine.swap_bytes, 30 * 1024);
    faked_files = FAKED(
        {"/proc/meminfo", MEMINFO "SwapTotal: 50 kB\nSwapFree: 51 kB\n", 0});
    machine_read(&machine);
    assert_int_equal(machine.swap_bytes, UNKNOWN);
    faked_files = FAKED({"/proc/meminfo", MEMINFO, 0});
    machine_read(&machine);
    assert_int_equal(machine.swap_bytes, UNKNOWN);
    assert_int_equal(machine.available_bytes, 800 * 1024);
}

static void hidden_interrupts_leave_two_cpus_to_choose(void **state)
{
    (void)state;
    struct machine machine;
    faked_files = FAKED({"/proc/interrupts", NULL, EACCES});
    machine_read(&machine);
    assert_true(machine.cores >= 1);
    if (machine.cores == 1) {
        assert_int_equal(machine.worker_cpu, -1);
        return;
    }
    assert_true(machine.worker_cpu >= 0 && machine.parent_cpu >= 0);
    assert_int_not_equal(machine.worker_cpu, machine.parent_cpu);
}

#define hosts_test(function) cmocka_unit_test_teardown(function, forget_fakes)

int main(void)
{
    const struct CMUnitTest tests[] = {
        hosts_test(smaps_is_summed_where_there_is_no_rollup),
        hosts_test(what_is_billed_is_the_number_in_its_file),
        hosts_test(without_a_group_nothing_is_billed),
        hosts_test(the_sum_is_over_every_mapping),
        hosts_test(what_no_mapping_tells_is_unknown),
        hosts_test(status_alone_leaves_lazily_freed_memory_unknown),
        hosts_test(reserved_huge_pages_are_told_by_smaps_if_status_does_not),
        hosts_test(without_pagemap_only_page_truth_is_missing),
        hosts_test(without_statm_only_the_cheap_counter_is_missing),
        hosts_test(other_pages_than_4096_bytes_have_no_page_truth),
        hosts_test(without_proc_the_meter_refuses_with_the_reason),
        hosts_test(a_limit_of_the_own_group_counts_and_not_the_root_alone),
        hosts_test(of_several_levels_the_one_with_the_least_room_counts),
        hosts_test(version_1_is_read_where_it_is_mounted),
        hosts_test(a_path_that_is_not_here_leaves_the_mounted_root),
        hosts_test(without_control_groups_nothing_is_limited),
        hosts_test(hostile_paths_stay_within_the_mount),
        hosts_test(the_limit_is_the_lesser_of_what_is_available_and_the_room),
        hosts_test(swap_in_use_is_read_and_never_more_than_there_is),
        hosts_test(hidden_interrupts_leave_two_cpus_to_choose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
