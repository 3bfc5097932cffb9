/* fill_drain, but the process prints a line after the last release: what the
 * harness must never do. As dprintf did up to glibc 2.36, it takes a buffer
 * for the line and gives it back: a request above 1 KiB, at which glibc
 * consolidates and trims.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "workload.h"

extern const struct workload workload_fill_drain;

static enum status prepare(struct run *run)
{
    return workload_fill_drain.prepare(run);
}

static size_t request_bytes(const struct run *run)
{
    return workload_fill_drain.request_bytes(run);
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    return workload_fill_drain.build(run, heap);
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    const enum status status = workload_fill_drain.drain(run, heap);
    char *line = malloc(BUFSIZ);
    const int length = line ? snprintf(line, BUFSIZ, "drained\n") : -1;
    const bool printed = length > 0 && write(1, line, (size_t)length) > 0;
    free(line);
    if (!printed) {
        return run_fail(run, "a line cannot be printed");
    }
    return status;
}

static const struct parameter parameters[] = {
    {.key = "objects",
     .meaning = "how many",
     .preset = "1000000",
     .minimum = 1,
     .maximum = UINT64_C(1) << 32},
    {.key = "size",
     .meaning = "of each, bytes",
     .preset = "16",
     .minimum = 1,
     .maximum = 1 << 20},
    {.key = "order",
     .meaning = "in which they are released",
     .preset = "fifo",
     .words =
         (const char *const[]){"fifo", "lifo", "shuffled", "zigzag", NULL}},
    {.key = NULL},
};

const struct workload workload_printing = {
    .name = "printing",
    .summary = "fill_drain that prints after the last release",
    .symptom = "none: it shows that a test sees such a harness",
    .source = "glibc's malloc_consolidate",
    .parameters = parameters,
    .prepare = prepare,
    .request_bytes = request_bytes,
    .build = build,
    .drain = drain,
};
