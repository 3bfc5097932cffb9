/* What the measurement ran on. */
#include "machine.h"

#include <fcntl.h>
#include <gnu/libc-version.h>
#include <sched.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "proc_text.h"
#include "sample.h"

enum { TEXT_BYTES = 65536 };

/* The file's text, cut to `capacity`, ending in zero; empty if unreadable. */
static size_t read_file(const char *path, char *text, size_t capacity)
{
    size_t length = 0;
    ssize_t count = 1;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && count > 0 && length < capacity - 1) {
        count = read(fd, text + length, capacity - 1 - length);
        length += count > 0 ? (size_t)count : 0;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    text[length] = '\0';
    return length;
}

static void read_word(const char *path, char *word, size_t capacity)
{
    (void)read_file(path, word, capacity);
    word[strcspn(word, " \t\n")] = '\0';
}

/* A number alone in a file; "max" and absurdly large ones are UNKNOWN. */
static uint64_t read_number(const char *path)
{
    char text[64], *end;
    (void)read_file(path, text, sizeof text);
    const uint64_t value = strtoull(text, &end, 10);
    return end == text || value >= UINT64_C(1) << 60 ? UNKNOWN : value;
}

/* The word in brackets: "always [madvise] never". */
static void read_choice(const char *path, char *word, size_t capacity)
{
    char text[256];
    (void)read_file(path, text, sizeof text);
    const char *open = strchr(text, '[');
    const size_t length = open ? strcspn(open + 1, "]") : 0;
    (void)snprintf(word, capacity, "%.*s", (int)length, open ? open + 1 : "");
}

static void read_cpu(struct machine *machine)
{
    static char text[TEXT_BYTES];
    (void)read_file("/proc/cpuinfo", text, sizeof text);
    const char *name = strstr(text, "model name");
    name = name ? strchr(name, ':') : NULL;
    if (name) {
        name += 1 + strspn(name + 1, " \t");
        (void)snprintf(machine->cpu, sizeof machine->cpu, "%.*s",
                       (int)strcspn(name, "\n"), name);
    }
    const bool guest = strstr(text, " hypervisor") != NULL;
    char vendor[64];
    read_word("/sys/class/dmi/id/sys_vendor", vendor, sizeof vendor);
    (void)snprintf(machine->virtualization, sizeof machine->virtualization,
                   "%s",
                   !guest      ? ""
                   : vendor[0] ? vendor
                               : "guest");
    read_word("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
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
    proc_fields(text, read_file("/proc/meminfo", text, sizeof text), fields);
    machine->swap_bytes = swap_total == UNKNOWN || swap_free == UNKNOWN
                              ? UNKNOWN
                              : swap_total - swap_free;
    machine->cgroup_memory_limit_bytes =
        read_number("/sys/fs/cgroup/memory.max");
    if (machine->cgroup_memory_limit_bytes == UNKNOWN) {
        machine->cgroup_memory_limit_bytes =
            read_number("/sys/fs/cgroup/memory/memory.limit_in_bytes");
    }
}

/* machine-id(5) asks not to show the id itself: a keyed hash tells machines
 * apart as well. */
static void read_id(struct machine *machine)
{
    char id[64];
    SHA2_CTX context;
    read_word("/etc/machine-id", id, sizeof id);
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
    machine->khugepaged_defrag =
        read_number("/sys/kernel/mm/transparent_hugepage/khugepaged/defrag");
    machine->khugepaged_max_ptes_none = read_number(
        "/sys/kernel/mm/transparent_hugepage/khugepaged/max_ptes_none");
    machine->aslr = read_number("/proc/sys/kernel/randomize_va_space");
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

/* The columns of /proc/interrupts are the CPUs that its first line names. */
static size_t count_interrupts(uint64_t *counts, int *cpus, size_t capacity)
{
    static char text[TEXT_BYTES];
    (void)read_file("/proc/interrupts", text, sizeof text);
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
    const size_t columns = count_interrupts(counts, cpus, CPU_MAX);
    for (size_t i = 0; i < columns; i++) {
        if (cpus[i] >= CPU_SETSIZE || !CPU_ISSET((size_t)cpus[i], &allowed)) {
            continue;
        }
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

void machine_read(struct machine *machine)
{
    memset(machine, 0, sizeof *machine);
    read_cpu(machine);
    read_memory(machine);
    read_id(machine);
    read_kernel(machine);
    choose_cpus(machine);
    if (getloadavg(machine->load, 3) != 3) {
        machine->load[0] = machine->load[1] = machine->load[2] = -1;
    }
}
