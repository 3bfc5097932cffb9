/* The instruments: clocks, faults, resident memory, resident pages.
 *
 * Everything the harness knows of time and memory comes through this
 * interface, so that tests can put a fake in its place. No function of a
 * meter allocates memory. What cannot be read is UNKNOWN, never zero.
 */
#ifndef GIVEBACK_METER_H
#define GIVEBACK_METER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sample.h"
#include "status.h"

/* Takes one mapping: `page_count` pages from the page-aligned `start`; bit i
 * of `resident` says whether page i is resident, anonymous or shared memory.
 * Mappings come in ascending order. */
typedef void mapping_visitor(void *context, uint64_t start,
                             uint64_t page_count, const uint64_t *resident);

struct meter {
    /* Opens what the others read and warms it: the first read of /proc maps
     * 176 to 292 KiB of libc. Before the base sample. */
    enum status (*open)(struct reason *reason);
    uint64_t (*now_ns)(void); /* CLOCK_MONOTONIC */
    void (*sleep_until)(uint64_t time_ns);
    void (*read_usage)(struct usage *usage);
    void (*read_memory)(struct memory *memory); /* 14 us per resident MiB */
    /* The memory of this process and of `count` others, all of which must be
     * its children by fork alone: what is scratch here is scratch there. May
     * be NULL. */
    void (*read_processes)(const pid_t *others, unsigned count,
                           struct processes *processes);
    uint64_t (*read_peak)(void); /* VmHWM, bytes */
    /* Which file of /proc/self tells what is resident: smaps_rollup; smaps,
     * its sum, on kernels before 4.14; or status, which does not tell lazily
     * freed memory, so that growth is unknown. After open; may be NULL. */
    const char *(*memory_source)(void);
    /* False where the kernel does not tell or there are too many pages. */
    bool (*each_mapping)(mapping_visitor *visit, void *context);
};

extern const struct meter meter_linux;

/* The file that holds what this process's own memory group is billed, for
 * meter_linux's next `open`; NULL: there is none. */
void meter_linux_bill(const char *path);

#endif
