/* A meter with a clock of its own: nothing is measured, all is scripted.
 *
 * Time stands still but for sleep_until, virtual_spend and what reading
 * memory is said to cost. The n-th reading of memory sees n MiB resident, so
 * that a figure tells which reading it came from.
 */
#ifndef GIVEBACK_UNIT_VIRTUAL_METER_H
#define GIVEBACK_UNIT_VIRTUAL_METER_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "meter.h"

#define VIRTUAL_MIB UINT64_C(1048576)

struct virtual_meter {
    uint64_t now_ns, cpu_ns, minor_faults, major_faults;
    uint64_t read_memory_ns;    /* what one reading costs */
    uint64_t oversleep_ns;      /* how much too long a sleep is */
    uint64_t statm_ahead_bytes; /* what statm sees more than smaps_rollup */
    uint64_t inexact_read;      /* only in this reading; 0: in every one */
    uint64_t opens, memory_reads, peak_reads, sleeps, mapping_walks;
    uint64_t memory_reads_before_peak;
    bool refuses_to_open, maps_unreadable;
    /* The one mapping there is. */
    uint64_t mapping_start, mapping_pages;
    const uint64_t *mapping_resident;
};

/* The one that `virtual_meter_calls` reads; set before a run. */
static struct virtual_meter *virtual_meter;

/* Wall time passes, and half as much CPU time. */
static inline void virtual_spend(uint64_t wall_ns)
{
    virtual_meter->now_ns += wall_ns;
    virtual_meter->cpu_ns += wall_ns / 2;
}

static inline enum status virtual_open(struct reason *reason)
{
    virtual_meter->opens++;
    return virtual_meter->refuses_to_open
               ? explain(reason, STATUS_UNSUPPORTED, "no instruments here")
               : STATUS_OK;
}

static inline uint64_t virtual_now_ns(void)
{
    return virtual_meter->now_ns;
}

static inline void virtual_sleep_until(uint64_t time_ns)
{
    virtual_meter->sleeps++;
    if (time_ns > virtual_meter->now_ns) {
        virtual_meter->now_ns = time_ns + virtual_meter->oversleep_ns;
    }
}

static inline void virtual_read_usage(struct usage *usage)
{
    *usage = (struct usage){virtual_meter->now_ns, virtual_meter->cpu_ns,
                            virtual_meter->minor_faults,
                            virtual_meter->major_faults};
}

static inline void virtual_read_memory(struct memory *memory)
{
    const uint64_t number = ++virtual_meter->memory_reads;
    memset(memory, 0xff, sizeof *memory); /* all UNKNOWN */
    memory->rss_bytes = number * VIRTUAL_MIB;
    memory->statm_rss_bytes = number * VIRTUAL_MIB;
    if (virtual_meter->inexact_read == 0 ||
        virtual_meter->inexact_read == number) {
        memory->statm_rss_bytes += virtual_meter->statm_ahead_bytes;
    }
    virtual_spend(virtual_meter->read_memory_ns);
    /* Reading touches pages too: no phase may count them. */
    virtual_meter->minor_faults += 1000;
    virtual_meter->major_faults += 100;
}

static inline uint64_t virtual_read_peak(void)
{
    virtual_meter->peak_reads++;
    virtual_meter->memory_reads_before_peak = virtual_meter->memory_reads;
    return UINT64_C(77) * VIRTUAL_MIB;
}

static inline bool virtual_each_mapping(mapping_visitor *visit, void *context)
{
    virtual_meter->mapping_walks++;
    if (virtual_meter->maps_unreadable) {
        return false;
    }
    if (virtual_meter->mapping_pages > 0) {
        visit(context, virtual_meter->mapping_start,
              virtual_meter->mapping_pages, virtual_meter->mapping_resident);
    }
    return true;
}

static const struct meter virtual_meter_calls = {
    .open = virtual_open,
    .now_ns = virtual_now_ns,
    .sleep_until = virtual_sleep_until,
    .read_usage = virtual_read_usage,
    .read_memory = virtual_read_memory,
    .read_peak = virtual_read_peak,
    .each_mapping = virtual_each_mapping,
};

#endif
