/* What the worker tells its parent: one block of shared memory.
 *
 * The worker writes its samples straight into it, so that nothing is
 * formatted, allocated or printed in the process that is measured, and so
 * that the parent still knows the phase when the worker dies. The two
 * counters change while a phase runs; the timeline reads them.
 */
#ifndef GIVEBACK_REPORT_H
#define GIVEBACK_REPORT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "allocator.h"
#include "build_id.h"
#include "page_units.h"
#include "sample.h"
#include "stall_figures.h"
#include "status.h"

enum { SAMPLE_CAPACITY = 256, SHA256_TEXT_BYTES = 65, CPU_WORDS = 16 };
/* Of all samples of a cell. */
enum { UNIT_CAPACITY = 1 << 14, SNAPSHOT_BYTES = 1 << 20 };

/* Of the file that does the work; a text is empty where there is none. */
struct proof {
    char sha256[SHA256_TEXT_BYTES]; /* of a library, not of this program */
    char build_id[BUILD_ID_TEXT_BYTES];
};

struct report {
    /* Read by the parent 1,000 times a second. */
    _Alignas(64) _Atomic uint64_t operations;
    _Atomic uint64_t live_bytes;
    _Alignas(64) char where[32]; /* what runs now, for a crash's reason */
    uint64_t fault_address;      /* of a SIGSEGV or SIGBUS; else UNKNOWN */

    bool complete; /* set last: status, reason and samples are whole */
    enum status status;
    struct reason reason;

    bool attached; /* identity and proof are filled */
    struct identity identity;
    struct proof proof;
    char libc[32];         /* that of this process: "2.36" */
    unsigned capabilities; /* of the attached allocator */

    bool aslr, thp_off;           /* as the worker found itself */
    uint64_t affinity[CPU_WORDS]; /* bit per CPU it may run on */

    /* The memory figures below and in samples are read; set once the base is
     * taken, when the timeline begins. */
    _Atomic bool has_memory;
    struct memory base;
    struct pages base_pages;
    struct processes base_processes;
    uint64_t scratch_bytes; /* of the base: the harness's own */
    uint64_t drained_ns;    /* CLOCK_MONOTONIC of the last release */
    uint64_t peak_rss_bytes;
    bool counter_inexact;    /* statm and smaps_rollup differed by over 1 % */
    char memory_source[16];  /* of meter.h; empty: not told */
    bool has_traffic;        /* the samples' traffic, and the next field */
    bool covers_all_threads; /* no thread was there before the count */
    bool has_stalls;         /* `stalls` is filled */
    bool has_request_hash;
    uint64_t request_hash;

    uint32_t sample_count;
    struct sample samples[SAMPLE_CAPACITY];
    struct stalls stalls;

    /* Where resident pages lie, sample behind sample. From here on touched
     * by memory runs alone, before their base sample. */
    uint64_t units_used;
    struct page_unit units[UNIT_CAPACITY];

    /* What `inspect` wrote, JSON objects one behind the other. Touched by
     * memory runs of allocators that have it. */
    uint64_t snapshots_used;
    char snapshots[SNAPSHOT_BYTES];
};

/* Gives the file its size; where a limit on file sizes (ulimit -f) forbids it,
 * one without units and snapshots, which are then lost. False: not even
 * that. */
bool report_size(int fd);

/* The report in that file, shared; NULL when it cannot be mapped, or is no
 * report. report_unmap ends it. */
struct report *report_map(int fd);
void report_unmap(struct report *report);

#endif
