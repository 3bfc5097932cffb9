/* The instruments on Linux: /proc/self, getrusage, clock_gettime.
 *
 * Files are opened once and read with pread into static buffers: between the
 * base sample and the end nothing here allocates, opens or prints.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "meter.h"
#include "proc_text.h"
#include "scratch.h"

enum {
    TEXT_BYTES = 16384,
    PAGE_BYTES = 4096,      /* page truth's unit; with others it is unknown */
    PAGEMAP_ENTRIES = 2048, /* read at once: 16 KiB */
    MAPPING_PAGES_MAX = 64 << 20, /* in one mapping: 256 GiB */
};

static const uint64_t NS_PER_S = 1000000000;

/* Documentation/admin-guide/mm/pagemap.rst */
static const uint64_t PAGEMAP_PRESENT = UINT64_C(1) << 63;
static const uint64_t PAGEMAP_FILE_OR_SHARED = UINT64_C(1) << 61;
static const uint64_t PAGEMAP_EXCLUSIVE = UINT64_C(1) << 56;

static int statm_fd = -1, rollup_fd = -1, smaps_fd = -1, status_fd = -1,
           maps_fd = -1, pagemap_fd = -1, billed_fd = -1;
static const char *billed_path;
static uint64_t page_bytes;
/* Scratch: the meter's own. */
static char *text;              /* TEXT_BYTES */
static uint64_t *pagemap;       /* PAGEMAP_ENTRIES */
static uint64_t *resident_bits; /* MAPPING_PAGES_MAX bits */

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec time;
    if (clock_gettime(clock, &time) != 0) {
        return UNKNOWN;
    }
    return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

static uint64_t now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

static void sleep_until(uint64_t time_ns)
{
    const struct timespec time = {.tv_sec = (time_t)(time_ns / NS_PER_S),
                                  .tv_nsec = (long)(time_ns % NS_PER_S)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) ==
           EINTR) {
    }
}

static void read_usage(struct usage *usage)
{
    struct rusage rusage;
    usage->wall_ns = now_ns();
    usage->cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    if (getrusage(RUSAGE_SELF, &rusage) != 0) {
        usage->minor_faults = usage->major_faults = UNKNOWN;
        return;
    }
    usage->minor_faults = (uint64_t)rusage.ru_minflt;
    usage->major_faults = (uint64_t)rusage.ru_majflt;
}

/* The whole of a small file, from its start; 0 where it cannot be read. */
static size_t read_text(int fd)
{
    size_t length = 0;
    while (fd >= 0 && length < (size_t)TEXT_BYTES) {
        const ssize_t count = pread(
            fd, text + length, (size_t)TEXT_BYTES - length, (off_t)length);
        if (count <= 0) {
            break;
        }
        length += (size_t)count;
    }
    return length;
}

typedef void line_visitor(void *context, const char *line, size_t length);

/* Reads maps or smaps line by line through the static buffer. Returns false
 * where it cannot be read to its end, or a line is longer than the buffer. */
static bool each_line(int fd, line_visitor *visit, void *context)
{
    if (fd < 0 || lseek(fd, 0, SEEK_SET) != 0) {
        return false;
    }
    size_t held = 0;
    for (;;) {
        const ssize_t count = read(fd, text + held, (size_t)TEXT_BYTES - held);
        if (count < 0) {
            return false;
        }
        held += (size_t)count;
        char *line = text;
        char *newline;
        while ((newline = memchr(line, '\n', held - (size_t)(line - text))) !=
               NULL) {
            visit(context, line, (size_t)(newline - line));
            line = newline + 1;
        }
        held -= (size_t)(line - text);
        if (count == 0 || held == (size_t)TEXT_BYTES) {
            return count == 0;
        }
        memmove(text, line, held);
    }
}

static void count_line(void *context, const char *line, size_t length)
{
    (void)line;
    (void)length;
    (*(uint64_t *)context)++;
}

/* a + b; what is too large to be meant stays so, and is recorded as null. */
static uint64_t add_up(uint64_t a, uint64_t b)
{
    return b < UNKNOWN - 1 - a ? a + b : UNKNOWN - 1;
}

/* Adds what a line of smaps says to the fields, which are the context. The
 * line's newline still stands behind it. */
static void add_line(void *context, const char *line, size_t length)
{
    for (const struct proc_field *field = context; field->key; field++) {
        uint64_t value;
        const struct proc_field one[] = {{field->key, &value}, {NULL, NULL}};
        proc_fields(line, length + 1, one);
        if (value != UNKNOWN) {
            *field->value = *field->value == UNKNOWN
                                ? value
                                : add_up(*field->value, value);
        }
    }
}

/* The fields of smaps_rollup, or their sums over the mappings of smaps; a
 * field that no line has is UNKNOWN, and all are if a part is missing. */
static void read_rollup(struct proc_field *fields)
{
    proc_fields(text, read_text(rollup_fd), fields);
    if (rollup_fd < 0 && !each_line(smaps_fd, add_line, fields)) {
        proc_fields(text, 0, fields);
    }
}

/* status alone: what is lazily freed stays UNKNOWN, and growth with it. */
static void read_coarse(struct memory *memory, size_t length)
{
    const struct proc_field fields[] = {
        {"VmRSS:", &memory->rss_bytes},
        {"RssAnon:", &memory->anon_bytes},
        {"VmSwap:", &memory->swap_bytes},
        {NULL, NULL},
    };
    proc_fields(text, length, fields);
}

static uint64_t read_billed(void)
{
    uint64_t bytes = UNKNOWN;
    const size_t length = read_text(billed_fd);
    for (size_t i = 0; i < length && text[i] >= '0' && text[i] <= '9'; i++) {
        bytes = (i == 0 ? 0 : bytes * 10) + (uint64_t)(text[i] - '0');
    }
    /* No live process is billed nothing: this one is not in the group. */
    return bytes == 0 ? UNKNOWN : bytes;
}

static void read_memory(struct memory *memory)
{
    uint64_t shared_hugetlb_bytes, private_hugetlb_bytes;
    struct proc_field rollup[] = {
        {"Rss:", &memory->rss_bytes},
        {"Anonymous:", &memory->anon_bytes},
        {"LazyFree:", &memory->lazy_free_bytes},
        {"AnonHugePages:", &memory->huge_bytes},
        {"Shared_Hugetlb:", &shared_hugetlb_bytes},
        {"Private_Hugetlb:", &private_hugetlb_bytes},
        {"Swap:", &memory->swap_bytes},
        {NULL, NULL},
    };
    const struct proc_field status[] = {
        {"RssShmem:", &memory->shmem_bytes},
        {"HugetlbPages:", &memory->hugetlb_bytes},
        {"VmPTE:", &memory->page_table_bytes},
        {NULL, NULL},
    };
    const uint64_t statm_pages =
        proc_statm_resident_pages(text, read_text(statm_fd));
    if (__builtin_mul_overflow(statm_pages, page_bytes,
                               &memory->statm_rss_bytes)) {
        memory->statm_rss_bytes = UNKNOWN; /* as UNKNOWN pages are */
    }
    read_rollup(rollup);
    const size_t status_length = read_text(status_fd);
    proc_fields(text, status_length, status);
    if (rollup_fd < 0 && smaps_fd < 0) {
        read_coarse(memory, status_length);
    }
    /* Kernels without reserved huge pages have no such line in status. */
    if (memory->hugetlb_bytes == UNKNOWN && shared_hugetlb_bytes != UNKNOWN &&
        private_hugetlb_bytes != UNKNOWN) {
        memory->hugetlb_bytes =
            add_up(shared_hugetlb_bytes, private_hugetlb_bytes);
    }
    memory->charged_bytes = read_billed();
    memory->mapping_count = 0;
    if (!each_line(maps_fd, count_line, &memory->mapping_count)) {
        memory->mapping_count = UNKNOWN;
    }
}

/* ---- several processes ----------------------------------------------------
 */

/* What smaps alone tells of a process: which pages it has for itself, and
 * what of its PSS is scratch. */
struct mapping_sums {
    uint64_t private_bytes, scratch_pss_bytes;
    bool is_scratch, is_of_file; /* the mapping whose lines these are */
};

/* The first line of a mapping, then its fields. The clean pages of a file
 * are the file's and no memory of the process. */
static void sum_mapping(void *context, const char *line, size_t length)
{
    struct mapping_sums *sums = context;
    uint64_t start, end, pss, clean, dirty;
    if (proc_mapping(line, length, &start, &end)) {
        sums->is_scratch = scratch_holds(start);
        sums->is_of_file = proc_mapping_of_file(line, length);
        return;
    }
    const struct proc_field fields[] = {{"Pss:", &pss},
                                        {"Private_Clean:", &clean},
                                        {"Private_Dirty:", &dirty},
                                        {NULL, NULL}};
    proc_fields(line, length + 1, fields);
    if (sums->is_scratch) {
        sums->scratch_pss_bytes += pss == UNKNOWN ? 0 : pss;
        return;
    }
    sums->private_bytes += dirty == UNKNOWN ? 0 : dirty;
    sums->private_bytes += clean == UNKNOWN || sums->is_of_file ? 0 : clean;
}

/* A file of that process, which one that ended has not: -1. */
static int open_of(pid_t pid, const char *name)
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, name);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* Whether all of it could be read. The kernel sums PSS exactly in
 * smaps_rollup and cuts it to whole KiB in every mapping of smaps: there it is
 * read of the few mappings of scratch alone. */
static bool add_process(pid_t pid, struct processes *processes)
{
    uint64_t anon, shmem, lazy;
    const struct proc_field rollup[] = {{"Pss_Anon:", &anon},
                                        {"Pss_Shmem:", &shmem},
                                        {"LazyFree:", &lazy},
                                        {NULL, NULL}};
    struct mapping_sums sums = {0};
    const int rollup_of = open_of(pid, "smaps_rollup");
    const int smaps_of = open_of(pid, "smaps");
    proc_fields(text, read_text(rollup_of), rollup);
    const bool whole = each_line(smaps_of, sum_mapping, &sums) &&
                       anon != UNKNOWN && shmem != UNKNOWN &&
                       lazy != UNKNOWN &&
                       anon + shmem >= sums.scratch_pss_bytes;
    (void)close(rollup_of);
    (void)close(smaps_of);
    if (whole) {
        processes->count++;
        processes->pss_bytes += anon + shmem - sums.scratch_pss_bytes;
        processes->private_bytes += sums.private_bytes;
        processes->lazy_free_bytes += lazy;
    }
    return whole;
}

/* A sum that lacks a process is no sum. */
static void read_processes(const pid_t *others, unsigned count,
                           struct processes *processes)
{
    *processes = (struct processes){0};
    bool whole = add_process(getpid(), processes);
    for (unsigned i = 0; whole && i < count; i++) {
        whole = add_process(others[i], processes);
    }
    if (!whole) {
        memset(processes, 0xff, sizeof *processes); /* all UNKNOWN */
        processes->count = count + 1;
    }
}

static const char *memory_source(void)
{
    return rollup_fd >= 0  ? "smaps_rollup"
           : smaps_fd >= 0 ? "smaps"
                           : "status";
}

static uint64_t read_peak(void)
{
    uint64_t peak_bytes;
    const struct proc_field fields[] = {{"VmHWM:", &peak_bytes}, {NULL, NULL}};
    proc_fields(text, read_text(status_fd), fields);
    return peak_bytes;
}

/* A page counts if it is ours and in memory: anonymous (the shared page of
 * zeros is not: it is nobody's) or shared memory without a file. */
static bool counts(uint64_t entry, bool of_file)
{
    if (!(entry & PAGEMAP_PRESENT)) {
        return false;
    }
    return entry & PAGEMAP_FILE_OR_SHARED ? !of_file
                                          : (entry & PAGEMAP_EXCLUSIVE) != 0;
}

/* Fills resident_bits for one mapping. */
static bool read_resident(uint64_t start, uint64_t page_count, bool of_file)
{
    memset(resident_bits, 0, (page_count + 63) / 64 * 8);
    for (uint64_t page = 0; page < page_count;) {
        const uint64_t wanted = page_count - page < PAGEMAP_ENTRIES
                                    ? page_count - page
                                    : PAGEMAP_ENTRIES;
        const ssize_t bytes = pread(pagemap_fd, pagemap, wanted * 8,
                                    (off_t)((start / page_bytes + page) * 8));
        if (bytes < 8) {
            return false;
        }
        const uint64_t got = (uint64_t)bytes / 8;
        for (uint64_t i = 0; i < got; i++) {
            if (counts(pagemap[i], of_file)) {
                resident_bits[(page + i) / 64] |= UINT64_C(1)
                                                  << ((page + i) % 64);
            }
        }
        page += got;
    }
    return true;
}

struct mapping_walk {
    mapping_visitor *visit;
    void *context;
    bool complete;
};

static void visit_map_line(void *context, const char *line, size_t length)
{
    struct mapping_walk *walk = context;
    uint64_t start, end;
    if (!walk->complete) {
        return; /* what is missing already makes the rest useless */
    }
    if (!proc_mapping(line, length, &start, &end)) {
        walk->complete = false;
        return;
    }
    /* Above the half of the address space lies the kernel's own page. */
    if (scratch_holds(start) || start >> 63) {
        return;
    }
    const bool of_file = proc_mapping_of_file(line, length);
    const uint64_t page_count = (end - start) / page_bytes;
    if (page_count > MAPPING_PAGES_MAX ||
        !read_resident(start, page_count, of_file)) {
        walk->complete = false;
        return;
    }
    walk->visit(walk->context, start, page_count, resident_bits);
}

static bool each_mapping(mapping_visitor *visit, void *context)
{
    struct mapping_walk walk = {visit, context, true};
    return pagemap_fd >= 0 && resident_bits && page_bytes == PAGE_BYTES &&
           each_line(maps_fd, visit_map_line, &walk) && walk.complete;
}

static enum status open_linux(struct reason *reason)
{
    static const struct {
        int *fd;
        const char *path;
        bool needed;
    } files[] = {
        {&statm_fd, "/proc/self/statm", false},
        {&status_fd, "/proc/self/status", true},
        {&rollup_fd, "/proc/self/smaps_rollup", false},
        {&smaps_fd, "/proc/self/smaps", false},
        {&maps_fd, "/proc/self/maps", true},
        {&pagemap_fd, "/proc/self/pagemap", false},
    };
    page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        *files[i].fd = open(files[i].path, O_RDONLY | O_CLOEXEC);
        if (*files[i].fd < 0 && files[i].needed) {
            return explain(reason, STATUS_UNSUPPORTED,
                           "%s: %s: memory runs need this file: is /proc "
                           "mounted?",
                           files[i].path, strerror(errno));
        }
    }
    billed_fd = billed_path ? open(billed_path, O_RDONLY | O_CLOEXEC) : -1;
    resident_bits = scratch_map(MAPPING_PAGES_MAX / 8, reason);
    /* Resident as a whole from now on: a heap that grows makes maps and
     * pagemap longer, and what that touches would count as its growth. */
    text = scratch_map(TEXT_BYTES, reason);
    pagemap = scratch_map(PAGEMAP_ENTRIES * sizeof *pagemap, reason);
    if (!resident_bits || !text || !pagemap) {
        return STATUS_FAILED;
    }
    struct usage usage;
    struct memory memory;
    read_usage(&usage);
    read_memory(&memory);
    (void)read_peak();
    return STATUS_OK;
}

void meter_linux_bill(const char *path)
{
    billed_path = path;
}

const struct meter meter_linux = {
    .open = open_linux,
    .now_ns = now_ns,
    .sleep_until = sleep_until,
    .read_usage = read_usage,
    .read_memory = read_memory,
    .read_processes = read_processes,
    .read_peak = read_peak,
    .memory_source = memory_source,
    .each_mapping = each_mapping,
};
