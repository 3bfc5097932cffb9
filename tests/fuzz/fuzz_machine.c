/* What the machine and the control groups say of themselves, hostile:
 * machine.c, cgroup.c, small_file.c.
 *
 * Lines "--" separate the files in the order of the table; one that begins
 * with a zero byte is missing. What stands last bounds every read by its first
 * byte. Texts end within their fields, numbers are sane or UNKNOWN, the chosen
 * CPUs may be used, and no limit that counts is passed over.
 */
#include "fuzz.h"

#include <sched.h>

#include "cgroup.h"
#include "fake_files.h"
#include "machine.h"
#include "proc_text.h"
#include "sample.h"
#include "small_file.h"

static struct fake_file files[] = {
    {.path = "/proc/cpuinfo"},
    {.path = "/proc/meminfo"},
    {.path = "/proc/interrupts"},
    {.path = "/proc/self/cgroup"},
    {.path = "/sys/fs/cgroup/memory.max"},
    {.path = "/sys/fs/cgroup/memory.current"},
    {.path = "/sys/fs/cgroup/memory.stat"},
    {.path = "/sys/fs/cgroup/cpu.max"},
    {.path = "/sys/fs/cgroup/a/memory.max"},
    {.path = "/sys/fs/cgroup/memory/memory.limit_in_bytes"},
    {.path = "/sys/fs/cgroup/memory/memory.usage_in_bytes"},
    {.path = "/sys/fs/cgroup/cpu/cpu.cfs_quota_us"},
    {.path = "/sys/fs/cgroup/cpu/cpu.cfs_period_us"},
    {.path = "/etc/machine-id"},
    {.path = "/sys/class/dmi/id/sys_vendor"},
    {.path = "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"},
    {.path = "/sys/kernel/mm/transparent_hugepage/enabled"},
    {.path = "/sys/kernel/mm/transparent_hugepage/khugepaged/defrag"},
    {.path = "/sys/kernel/mm/transparent_hugepage/khugepaged/max_ptes_none"},
    {.path = "/proc/sys/kernel/randomize_va_space"},
    {.path = "/sys/fs/cgroup/a/memory.current"},
    {.path = "/sys/fs/cgroup/a/memory.stat"},
    {.path = "/sys/fs/cgroup/a/cpu.max"},
    {.path = "/sys/fs/cgroup/unified/memory.max"},
    {.path = "/sys/fs/cgroup/unified/cpu.max"},
    {.path = "/sys/fs/cgroup/memory/memory.stat"},
    {.path = "/sys/fs/cgroup/memory/a/memory.limit_in_bytes"},
    {.path = "/sys/fs/cgroup/memory/a/memory.usage_in_bytes"},
    {.path = "/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us"},
    {.path = "/sys/fs/cgroup/cpu/a/cpu.cfs_period_us"},
};
enum { FILE_COUNT = sizeof files / sizeof *files };
enum { MEMINFO = 1, CGROUP = 3 };

static const uint64_t NUMBER_LIMIT = UINT64_C(1) << 60;

#define require_text(field)                                                   \
    require(memchr((field), '\0', sizeof(field)) != NULL)

static void check_texts(const struct machine *machine)
{
    require_text(machine->machine_id);
    require_text(machine->cpu);
    require_text(machine->kernel);
    require_text(machine->libc);
    require_text(machine->governor);
    require_text(machine->virtualization);
    require_text(machine->thp);
    require(!strpbrk(machine->cpu, "\n"));
    require(!strpbrk(machine->governor, " \t\n"));
}

static void check_numbers(const struct machine *machine)
{
    const uint64_t numbers[] = {
        machine->cgroup_memory_limit_bytes, machine->khugepaged_defrag,
        machine->khugepaged_max_ptes_none, machine->aslr};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        require(numbers[i] == UNKNOWN || numbers[i] < NUMBER_LIMIT);
    }
    require(machine->page_bytes > 0);
    require(machine->cgroup_cpu_period_us > 0);
    require((machine->cgroup_cpu_quota_us == UNKNOWN) ==
            (machine->cgroup_cpu_period_us == UNKNOWN));
    require(machine_memory_limit(machine) <= machine->available_bytes);
}

/* No more is swapped out than there is room for. */
static void check_swap(const struct machine *machine)
{
    const struct fake_file *meminfo = &files[MEMINFO];
    uint64_t total_bytes;
    const struct proc_field fields[] = {{"SwapTotal:", &total_bytes},
                                        {NULL, NULL}};
    proc_fields((const char *)meminfo->bytes,
                meminfo->missing ? 0 : meminfo->size, fields);
    require(machine->swap_bytes == UNKNOWN ||
            machine->swap_bytes <= total_bytes);
}

static void check_cpus(const struct machine *machine)
{
    cpu_set_t allowed;
    require((machine->worker_cpu < 0) == (machine->parent_cpu < 0));
    if (machine->worker_cpu < 0) {
        return;
    }
    require(sched_getaffinity(0, sizeof allowed, &allowed) == 0);
    require(machine->worker_cpu != machine->parent_cpu);
    require(CPU_ISSET((size_t)machine->worker_cpu, &allowed));
    require(CPU_ISSET((size_t)machine->parent_cpu, &allowed));
}

/* The roots that are mounted are read whatever the group is: no more room is
 * left than the limit of each, no more CPU than its quota. */
static void check_roots(const struct machine *machine)
{
    static const char *const limits[] = {
        "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/unified/memory.max",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes"};
    const struct cgroup_limits found = {
        machine->cgroup_memory_limit_bytes, machine->cgroup_memory_used_bytes,
        machine->cgroup_cpu_quota_us, machine->cgroup_cpu_period_us};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        require(cgroup_memory_room(&found) <= small_file_number(limits[i]));
    }
    const uint64_t quota_us =
        small_file_number("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
    const uint64_t period_us =
        small_file_number("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
    if (quota_us != UNKNOWN && period_us != UNKNOWN && period_us > 0) {
        require((double)found.cpu_quota_us / (double)found.cpu_period_us <=
                (double)quota_us / (double)period_us);
    }
}

/* The group's path begins with a slash, fits, and stays where it is mounted.
 */
static void check_paths(void)
{
    static const char *const controllers[] = {"", "cpu", "memory"};
    char path[64];
    char *text = fuzz_text(files[CGROUP].bytes, files[CGROUP].size);
    for (size_t i = 0; i < sizeof controllers / sizeof *controllers; i++) {
        const size_t capacity = i == 0 ? 2 : sizeof path;
        cgroup_path(text, controllers[i], path, capacity);
        require(path[0] == '/' && strlen(path) < capacity);
        require(!strchr(path, '\n') && strncmp(path, "/..", 3) != 0);
    }
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct machine machine;
    struct fuzz_part rest = {bytes, size};
    for (size_t i = 0; i < FILE_COUNT; i++) {
        const struct fuzz_part part = fuzz_take(&rest);
        files[i].bytes = part.bytes;
        files[i].size = part.size;
        files[i].missing = part.size > 0 && part.bytes[0] == '\0';
    }
    fake_files.files = files;
    fake_files.count = FILE_COUNT;
    fake_files.read_max = rest.size > 0 ? (size_t)rest.bytes[0] + 1 : SIZE_MAX;
    machine_read(&machine);
    check_texts(&machine);
    check_numbers(&machine);
    check_swap(&machine);
    check_cpus(&machine);
    check_roots(&machine);
    check_paths();
    return 0;
}
