/* What a user should know of the host before figures are made on it. */
#include "caveats.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sample.h"

enum { PAGE_BYTES = 4096 }; /* page truth's */

static void say(const char *text)
{
    (void)fprintf(stderr, "giveback run: %s\n", text);
}

static void say_swap(const struct machine *machine)
{
    if (machine->swap_bytes != UNKNOWN && machine->swap_bytes > 0) {
        (void)fprintf(stderr,
                      "giveback run: %" PRIu64 " MiB are swapped out: a cell "
                      "of which pages go there has no growth: make room\n",
                      machine->swap_bytes >> 20);
    }
}

static void say_quota(const struct machine *machine)
{
    const uint64_t quota_us = machine->cgroup_cpu_quota_us;
    const uint64_t period_us = machine->cgroup_cpu_period_us;
    if (quota_us != UNKNOWN && machine->cores != UNKNOWN &&
        quota_us / machine->cores < period_us) {
        (void)fprintf(
            stderr,
            "giveback run: the control group may use %.2f of %" PRIu64
            " CPUs: wall times hold its pauses\n",
            (double)quota_us / (double)period_us, machine->cores);
    }
}

void caveats_print(const struct machine *machine)
{
    say_swap(machine);
    say_quota(machine);
    if (machine->cores == 1) {
        say("one CPU: it is shared with what measures, timing is noisier and "
            "the timeline has 100 points a second");
    }
    if (strcmp(machine->thp, "always") == 0) {
        say("transparent huge pages are 'always': figures do not compare with "
            "those of other hosts; +thp=off does without");
    }
    if (machine->page_bytes != PAGE_BYTES) {
        say("pages have not 4096 bytes: page truth is unknown here");
    }
    if (machine_memory_limit(machine) == UNKNOWN) {
        say("nothing tells how much memory is available: cells are not held "
            "to any limit");
    }
}
