/* One process of `giveback micro`: an allocator under Google Benchmark. */
#include "micro_process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "micro_record.h"
#include "oversee.h"
#include "printable.h"

/* All of an open file and a zero behind it. */
static char *read_whole(int fd, size_t *length)
{
    struct stat status;
    const bool known = fstat(fd, &status) == 0 && status.st_size > 0;
    const size_t size = known ? (size_t)status.st_size : 0;
    char *whole = must_allocate(size + 1, 1);
    ssize_t count = 1;
    *length = 0;
    while (*length < size && count > 0) {
        count = pread(fd, whole + *length, size - *length, (off_t)*length);
        *length += count > 0 ? (size_t)count : 0;
    }
    return whole;
}

/* Whatever a worker wrote: whole records, texts that end and only print. */
static void take_records(struct micro_process *process, int fd)
{
    size_t length = 0;
    process->records = (struct micro_record *)(void *)read_whole(fd, &length);
    process->record_count = length / sizeof *process->records;
    for (size_t i = 0; i < process->record_count; i++) {
        struct micro_record *record = &process->records[i];
        record->name[sizeof record->name - 1] = '\0';
        record->message[sizeof record->message - 1] = '\0';
        make_printable(record->name);
        make_printable(record->message);
    }
}

static void take_words(struct micro_process *process,
                       const struct child *child)
{
    size_t length = 0;
    process->errors = read_whole(child->words_fd, &length);
}

static void close_file(int fd)
{
    if (fd > 0) {
        (void)close(fd);
    }
}

static void start_and_watch(struct micro_process *process,
                            const struct conduct *conduct,
                            const struct child_setup *setup,
                            const struct order *order)
{
    struct child child;
    if (child_start(&child, setup, order, &process->ending.reason) !=
        STATUS_OK) {
        return;
    }
    oversee(conduct, &child, "done", &process->ending);
    process->report = *child.report;
    take_words(process, &child);
    child_free(&child);
}

void micro_process_run(struct micro_process *process,
                       const struct conduct *conduct,
                       const struct planned_allocator *planned, uint64_t seed,
                       const char *const *flags, bool catches)
{
    const struct order order = {
        .allocator = planned->chosen.typed,
        .kind = "micro",
        .library = fetched_library(planned),
        .version = fetched_number(planned),
        .seed = seed,
        .memory_bytes = conduct->memory_limit_bytes == UNKNOWN
                            ? 0
                            : conduct->memory_limit_bytes,
    };
    struct child_setup setup = conduct_setup(conduct, planned, NULL, NULL);
    memset(process, 0, sizeof *process);
    process->ending.outcome = OUTCOME_FAILED;
    process->ending.exit_status = -1;
    setup.writes_files = true;
    setup.words = flags;
    setup.results_fd = memfd_create("giveback-micro", MFD_CLOEXEC);
    setup.output_fd =
        catches ? memfd_create("giveback-output", MFD_CLOEXEC) : STDOUT_FILENO;
    if (setup.results_fd < 0 || setup.output_fd < 0) {
        (void)explain(&process->ending.reason, STATUS_FAILED,
                      "a file in memory: %s", strerror(errno));
    } else {
        (void)fflush(stdout);
        start_and_watch(process, conduct, &setup, &order);
        take_records(process, setup.results_fd);
    }
    if (catches) {
        size_t length = 0;
        process->output = read_whole(setup.output_fd, &length);
        close_file(setup.output_fd);
    }
    close_file(setup.results_fd);
}

void micro_process_free(struct micro_process *process)
{
    free(process->records);
    free(process->errors);
    free(process->output);
    process->records = NULL;
    process->errors = process->output = NULL;
}
