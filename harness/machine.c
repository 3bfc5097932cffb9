/* What the measurement ran on. */
#include "machine.h"

#include <gnu/libc-version.h>
#include <inttypes.h>
#include <sched.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cgroup.h"
#include "counter.h"
#include "proc_text.h"
#include "sample.h"
#include "small_file.h"

enum { TEXT_BYTES = 65536 };

/* The word in brackets: "always [madvise] never". */
static void read_choice(const char *path, char *word, size_t capacity)
{
    char text[256];
    (void)small_file_text(path, text, sizeof text);
    const char *open = strchr(text, '[');
    const size_t length = open ? strcspn(open + 1, "]") : 0;
    (void)snprintf(word, capacity, "%.*s", (int)length, open ? open + 1 : "");
}

/* FNV-1a of the line that names what the processor can do: libc chooses its
 * copies by it. */
static void read_features(const char *text, char features[17])
{
    const char *line = strstr(text, "\nflags");
    line = line ? line : strstr(text, "\nFeatures"); /* of ARM */
    if (!line) {
        return;
    }
    uint64_t hash = 14695981039346656037u;
    for (const char *at = line + 1; *at && *at != '\n'; at++) {
        hash = (hash ^ (unsigned char)*at) * 1099511628211u;
    }
    (void)snprintf(features, 17, "%016" PRIx64, hash);
}

static void read_cpu(struct machine *machine)
{
    static char text[TEXT_BYTES];
    (void)small_file_text("/proc/cpuinfo", text, sizeof text);
    const char *name = strstr(text, "model name");
    name = name ? strchr(name, ':') : NULL;
    if (name) {
        name += 1 + strspn(name + 1, " \t");
        (void)snprintf(machine->cpu, sizeof machine->cpu, "%.*s",
                       (int)strcspn(name, "\n"), name);
    }
    read_features(text, machine->features);
    const bool guest = strstr(text, " hypervisor") != NULL;
    char vendor[64];
    small_file_word("/sys/class/dmi/id/sys_vendor", vendor, sizeof vendor);
    (void)snprintf(machine->virtualization, sizeof machine->virtualization,
                   "%s",
                   !guest      ? ""
                   : vendor[0] ? vendor
                               : "guest");
    small_file_word("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
                    machine->governor, sizeof machine->governor);
}

static void read_memory(struct machine *machine)
{
    static char text[TEXT_BYTES];
    uint64_t swap_total, swap_free;
    const struct proc_field fields[] = {
        {"MemTotal:", &machine->memory_bytes},
        {"MemAvailable:", &machine->available_bytes},
        {"SwapTotal:", &swap_total},
        {"SwapFree:", &swap_free},
        {NULL, NULL},
    };
    proc_fields(text, small_file_text("/proc/meminfo", text, sizeof text),
                fields);
    const bool told = swap_total != UNKNOWN && swap_free <= swap_total;
    machine->swap_bytes = told ? swap_total - swap_free : UNKNOWN;
}

static void read_cgroups(struct machine *machine)
{
    struct cgroup_limits limits;
    cgroup_read(&limits);
    machine->cgroup_memory_limit_bytes = limits.memory_limit_bytes;
    machine->cgroup_memory_used_bytes = limits.memory_used_bytes;
    machine->cgroup_cpu_quota_us = limits.cpu_quota_us;
    machine->cgroup_cpu_period_us = limits.cpu_period_us;
}

/* machine-id(5) asks not to show the id itself: a keyed hash tells machines
 * apart as well. */
static void read_id(struct machine *machine)
{
    char id[64];
    SHA2_CTX context;
    small_file_word("/etc/machine-id", id, sizeof id);
    if (id[0] == '\0') {
        return;
    }
    SHA256Init(&context);
    SHA256Update(&context, (const uint8_t *)"giveback", 8);
    SHA256Update(&context, (const uint8_t *)id, strlen(id));
    (void)SHA256End(&context, machine->machine_id);
}

static void read_kernel(struct machine *machine)
{
    struct utsname name;
    if (uname(&name) == 0) {
        (void)snprintf(machine->kernel, sizeof machine->kernel, "%s",
                       name.release);
    }
    (void)snprintf(machine->libc, sizeof machine->libc, "glibc %s",
                   gnu_get_libc_version());
    read_choice("/sys/kernel/mm/transparent_hugepage/enabled", machine->thp,
                sizeof machine->thp);
    machine->khugepaged_defrag = small_file_number(
        "/sys/kernel/mm/transparent_hugepage/khugepaged/defrag");
    machine->khugepaged_max_ptes_none = small_file_number(
        "/sys/kernel/mm/transparent_hugepage/khugepaged/max_ptes_none");
    machine->aslr = small_file_number("/proc/sys/kernel/randomize_va_space");
    machine->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Adds up one line of /proc/interrupts: "label: n n n ... words". */
static void add_interrupts(const char *line, const char *end, uint64_t *counts,
                           size_t columns)
{
    const char *at = memchr(line, ':', (size_t)(end - line));
    for (size_t column = 0; at && column < columns; column++) {
        char *after;
        at += *at == ':';
        const uint64_t count = strtoull(at, &after, 10);
        if (after == at || after > end) {
            return;
        }
        counts[column] += count;
        at = after;
    }
}

/* The columns of /proc/interrupts are the CPUs that its first line names.
 * Some containers hide that file: then no column is left. */
static size_t count_interrupts(uint64_t *counts, int *cpus, size_t capacity)
{
    static char text[TEXT_BYTES];
    (void)small_file_text("/proc/interrupts", text, sizeof text);
    size_t columns = 0;
    const char *line = strchr(text, '\n');
    for (const char *at = strstr(text, "CPU");
         line && at && at < line && columns < capacity;
         at = strstr(at + 3, "CPU")) {
        cpus[columns] = (int)strtol(at + 3, NULL, 10);
        counts[columns++] = 0;
    }
    while (line) {
        const char *next = strchr(line + 1, '\n');
        add_interrupts(line + 1, next ? next : line + 1 + strlen(line + 1),
                       counts, columns);
        line = next;
    }
    return columns;
}

/* The allowed CPUs, all alike: for a host that hides its interrupts. */
static size_t list_cpus(const cpu_set_t *allowed, uint64_t *counts, int *cpus,
                        size_t capacity)
{
    size_t count = 0;
    for (size_t cpu = 0; cpu < CPU_SETSIZE && count < capacity; cpu++) {
        if (CPU_ISSET(cpu, allowed)) {
            cpus[count] = (int)cpu;
            counts[count++] = 0;
        }
    }
    return count;
}

static void choose_cpus(struct machine *machine)
{
    enum { CPU_MAX = 1024 };
    static uint64_t counts[CPU_MAX];
    static int cpus[CPU_MAX];
    cpu_set_t allowed;
    uint64_t fewest = UINT64_MAX, second = UINT64_MAX;
    machine->worker_cpu = machine->parent_cpu = -1;
    machine->cores = UNKNOWN;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) {
        return;
    }
    machine->cores = (uint64_t)CPU_COUNT(&allowed);
    size_t columns = count_interrupts(counts, cpus, CPU_MAX);
    if (columns == 0) {
        columns = list_cpus(&allowed, counts, cpus, CPU_MAX);
    }
    for (size_t i = 0; i < columns; i++) {
        if (cpus[i] >= CPU_SETSIZE || !CPU_ISSET((size_t)cpus[i], &allowed)) {
            continue;
        }
        CPU_CLR((size_t)cpus[i], &allowed); /* it counts once */
        if (counts[i] < fewest) {
            second = fewest;
            machine->parent_cpu = machine->worker_cpu;
            fewest = counts[i];
            machine->worker_cpu = cpus[i];
        } else if (counts[i] < second) {
            second = counts[i];
            machine->parent_cpu = cpus[i];
        }
    }
    if (machine->parent_cpu < 0) {
        machine->worker_cpu = -1; /* one CPU: there is nothing to choose */
    }
}

/* A tenth of what there is stays for the system and the parent. */
uint64_t machine_memory_limit(const struct machine *machine)
{
    const struct cgroup_limits limits = {
        .memory_limit_bytes = machine->cgroup_memory_limit_bytes,
        .memory_used_bytes = machine->cgroup_memory_used_bytes,
    };
    const uint64_t room = cgroup_memory_room(&limits);
    const uint64_t available = machine->available_bytes;
    const uint64_t least = room < available ? room : available;
    return least == UNKNOWN ? UNKNOWN : least / 10 * 9;
}

/* Opened and left at once. */
static void read_counter(struct machine *machine)
{
    if (counter_perf.open(&machine->counter_lacking) == STATUS_OK) {
        counter_perf.close();
    }
}

void machine_read(struct machine *machine)
{
    memset(machine, 0, sizeof *machine);
    read_cpu(machine);
    read_memory(machine);
    read_cgroups(machine);
    read_id(machine);
    read_kernel(machine);
    choose_cpus(machine);
    read_counter(machine);
    if (getloadavg(machine->load, 3) != 3) {
        machine->load[0] = machine->load[1] = machine->load[2] = -1;
    }
}
