/* One measured observation, as the kernel and the allocator gave it.
 *
 * Raw integers, unit in the name; UNKNOWN where nothing could be read, never
 * zero. Byte figures are absolute: readers subtract the base sample.
 */
#ifndef GIVEBACK_API_SAMPLE_H
#define GIVEBACK_API_SAMPLE_H

#include <stdint.h>

#define UNKNOWN UINT64_MAX

/* Page granules for which page truth says what would stay resident. */
enum { GRANULE_COUNT = 8 };
#define GRANULE_BYTES                                                         \
    {                                                                         \
        4096, 8192, 16384, 32768, 65536, 262144, 1048576, 2097152             \
    }

/* Time and faults: of this process, since its start. */
struct usage {
    uint64_t wall_ns;      /* CLOCK_MONOTONIC */
    uint64_t cpu_ns;       /* CLOCK_PROCESS_CPUTIME_ID */
    uint64_t minor_faults; /* getrusage */
    uint64_t major_faults;
};

/* What is resident: smaps_rollup or what stands in for it (meter.h), and
 * status for what they do not tell. */
struct memory {
    uint64_t rss_bytes;
    uint64_t anon_bytes;
    uint64_t shmem_bytes;
    uint64_t hugetlb_bytes;
    uint64_t lazy_free_bytes; /* MADV_FREE, not yet taken by the kernel */
    uint64_t huge_bytes;      /* anonymous memory in huge pages */
    uint64_t charged_bytes;   /* what the memory cgroup is billed */
    uint64_t page_table_bytes;
    uint64_t mapping_count;
    uint64_t statm_rss_bytes; /* the cheap counter that the timeline reads */
    uint64_t swap_bytes;      /* held, but swapped out: not resident */
};

/* Page truth: resident pages against live blocks. */
struct pages {
    uint64_t live_bytes; /* pages that hold at least one live byte */
    uint64_t dead_bytes; /* pages that hold none */
    uint64_t granule_bytes[GRANULE_COUNT]; /* what would stay at each */
    /* Where they lie: which units in the report, and their size; UNKNOWN:
     * not told. */
    uint64_t first_unit, unit_count, unit_bytes;
};

/* What all processes of a cell hold together: the worker and those that its
 * workload forked, the harness's scratch left out. Sums over the processes. */
struct processes {
    uint64_t count;
    uint64_t pss_bytes;       /* anonymous and shared memory: a page that n
                                 processes share is 1/n of a page in each */
    uint64_t private_bytes;   /* pages that one process alone maps */
    uint64_t lazy_free_bytes; /* MADV_FREE, not yet taken by the kernel */
};

/* The system calls by which memory comes and goes. */
enum {
    TRAFFIC_MMAP,
    TRAFFIC_MUNMAP,
    TRAFFIC_MADVISE,
    TRAFFIC_BRK,
    TRAFFIC_MREMAP,
    TRAFFIC_COUNT
};

/* Kernel traffic of one phase; results/README.md says which bytes count. */
struct traffic {
    uint64_t requested_bytes; /* what the workload asked the allocator for */
    uint64_t calls[TRAFFIC_COUNT], bytes[TRAFFIC_COUNT];
};

struct sample {
    char phase[32];
    uint64_t since_drain_ns; /* from the last release; UNKNOWN before it */
    uint64_t operations, live_blocks, live_bytes;
    struct usage usage;    /* of this phase alone */
    uint64_t instructions; /* of this phase, by kinds that count them */
    struct memory memory;
    struct pages pages;
    struct processes processes; /* UNKNOWN but of workloads that fork */
    struct traffic traffic;     /* UNKNOWN but in the kind that counts it */
    uint64_t self_allocated_bytes, self_arena_bytes;
    uint64_t self_arenas_mapped, self_arenas_unmapped;
    uint64_t snapshot_offset, snapshot_bytes; /* of `inspect`, in the report;
                                                 UNKNOWN: none */
};

#endif
