/* What is measured in a cell: a table. */
#include "kinds.h"

#include <string.h>

#include "account.h"
#include "stalls.h"
#include "traffic.h"

const struct kind kinds[] = {
    {
        .name = "memory",
        .summary = "resident memory over time: peak, a regime, a tail",
        .sampled = true,
        .memory = true,
        .aslr_off = true,
        .repeated = true,
    },
    {
        .name = "timing",
        .summary = "CPU and wall time of each phase, nothing else running",
        .pinned = true,
        .poke_trim = true,
        .control = true,
    },
    {
        .name = "sampled_timing",
        .summary = "timing with the sampler on: what the sampler costs",
        .sampled = true,
        .pinned = true,
        .poke_trim = true,
    },
    {
        .name = "instructions",
        .summary = "instructions of each phase, counted by valgrind's "
                   "callgrind; 60 times as slow",
        .aslr_off = true,
        .repeated = true,
        .poke_trim = true,
        .one_thread = true,
        .one_process = true,
        .counter = &counter_callgrind,
        .slowdown = 60, /* fill_drain: 47 to 57, seen */
    },
    {
        .name = "hardware_instructions",
        .summary = "instructions of each phase, by the processor's counter",
        .aslr_off = true,
        .repeated = true,
        .pinned = true,
        .poke_trim = true,
        .one_thread = true,
        .one_process = true,
        .counter = &counter_perf,
    },
    {
        .name = "account",
        .summary = "every request checked and hashed; for tests of plug-ins",
        .rests = true,
        .wrap = account_wrap,
        .check = account_check,
        .finish = account_finish,
    },
    {
        .name = "stalls",
        .summary = "the time of every single call: its tail, the longest",
        .pinned = true,
        .repeated = true,
        .poke_trim = true,
        .one_process = true,
        .wrap = stalls_wrap,
        .begin = stalls_begin,
        .end = stalls_end,
        .check = stalls_check,
        .finish = stalls_finish,
    },
    {
        .name = "traffic",
        .summary = "system calls by which memory comes and goes, per phase",
        .aslr_off = true,
        .repeated = true,
        .poke_trim = true,
        .one_process = true,
        .wrap = traffic_wrap,
        .begin = traffic_begin,
        .end = traffic_end,
        .finish = traffic_finish,
    },
    {.name = NULL},
};

const struct kind *find_kind(const char *name)
{
    for (const struct kind *kind = kinds; kind->name; kind++) {
        if (strcmp(kind->name, name) == 0) {
            return kind;
        }
    }
    return NULL;
}
