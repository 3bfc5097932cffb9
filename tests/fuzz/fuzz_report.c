/* What a worker leaves in the memory it shares with its parent, which an
 * allocator may have overwritten: child.c judges it, encode.c writes it down.
 *
 * Lines "--" separate the worker's end (exit or signal, its number, 't' for a
 * cell of timing), its words on standard error and the report. Whatever it
 * says, a line of JSON comes out: figures where the outcome is ok, else a
 * reason.
 */
#include "fuzz.h"

#include <jansson.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "encode.h"
#include "small_plan.h"

pid_t __wrap_waitpid(pid_t pid, int *status, int options);

static struct plan plan;
static int wait_status;
static struct child child = {.words_fd = -1};

/* In the place of the one that child.c calls. */
pid_t __wrap_waitpid(pid_t pid, int *status, int options)
{
    (void)options;
    *status = wait_status;
    return pid;
}

static void open_child(void)
{
    small_plan(&plan);
    child.words_fd = memfd_create("giveback-fuzz", MFD_CLOEXEC);
    child.report =
        aligned_alloc(_Alignof(struct report), sizeof(struct report));
    require(child.words_fd >= 0 && child.report);
}

/* An exit or a signal, which is all that waitpid tells without WUNTRACED. */
static void fill_status(struct fuzz_part part)
{
    const uint8_t kind = part.size > 0 ? part.bytes[0] : 0;
    const uint8_t number = part.size > 1 ? part.bytes[1] : 0;
    wait_status = kind % 2 == 0 ? number << 8 : number % 64 + 1;
}

static void fill_words(struct fuzz_part part)
{
    require(ftruncate(child.words_fd, 0) == 0);
    require(pwrite(child.words_fd, part.bytes, part.size, 0) ==
            (ssize_t)part.size);
}

/* What is told before the samples is made printable in place. */
static const size_t BEFORE_SAMPLES_BYTES = offsetof(struct report, samples);
static size_t reached_bytes = sizeof(struct report);

static void fill_report(struct fuzz_part part)
{
    struct report *report = child.report;
    const size_t size =
        part.size < sizeof *report ? part.size : sizeof *report;
    /* Nobody writes behind what an input can reach. */
    memset(report, 0, reached_bytes);
    reached_bytes = size > BEFORE_SAMPLES_BYTES ? size : BEFORE_SAMPLES_BYTES;
    if (size > 0) {
        memcpy((void *)report, part.bytes, size);
    }
}

static json_t *field(const json_t *line, const char *name)
{
    json_t *value = json_object_get(line, name);
    require(value != NULL);
    return value;
}

static void check_line(const json_t *line, const struct ending *ending)
{
    const char *reason = json_string_value(field(line, "reason"));
    const json_t *base = field(line, "base");
    const json_t *samples = field(line, "samples");
    if (ending->outcome != OUTCOME_OK) {
        require(reason && *reason);
        require(json_is_null(base) && json_array_size(samples) == 0);
        require(json_is_null(field(line, "timeline")));
        return;
    }
    require(reason == NULL);
    require(json_array_size(samples) == child.report->sample_count);
    require(json_is_object(base) == child.report->has_memory);
}

static void check_cell(const struct cell *cell)
{
    static const struct machine machine;
    const struct timeline timeline = {NULL, 0, 0, {0, 0, 0}};
    const struct record record = {.fd = -1, .id = "r1"};
    struct ending ending;
    child.pid = 1;
    child_collect(&child, &ending);
    json_t *line =
        encode_cell(&record, cell, child.report, &ending, &timeline, &machine);
    check_line(line, &ending);
    char *text = json_dumps(line, JSON_COMPACT);
    require(text && !strchr(text, '\n'));
    free(text);
    json_decref(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (!child.report) {
        open_child();
    }
    struct fuzz_part rest = {bytes, size};
    const struct fuzz_part status = fuzz_take(&rest);
    const bool timing = status.size > 2 && status.bytes[2] == 't';
    fill_status(status);
    fill_words(fuzz_take(&rest));
    fill_report(rest);
    check_cell(&plan.cells[timing ? plan.cell_count - 1 : 0]);
    return 0;
}
