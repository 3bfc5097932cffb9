/* Runs a worker under valgrind's callgrind and reads what it counted. */
#include "callgrind.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "counter.h"
#include "resolve.h"
#include "texts.h"

/* The valgrind that PATH finds, to be freed; NULL: it is not installed. */
static char *find_valgrind(void)
{
    const char *folder = getenv("PATH");
    char *path = NULL;
    while (folder && *folder) {
        const size_t length = strcspn(folder, ":");
        if (asprintf(&path, "%.*s/valgrind", (int)length, folder) < 0) {
            return NULL;
        }
        /* The worker starts in another folder. */
        if (*path == '/' && access(path, X_OK) == 0) {
            return path;
        }
        free(path);
        folder += length + (folder[length] == ':');
    }
    return NULL;
}

__attribute__((format(printf, 2, 3))) static void
append(struct callgrind *callgrind, const char *format, ...)
{
    va_list arguments;
    char **word = callgrind->words;
    while (*word) {
        word++;
    }
    va_start(arguments, format);
    if (vasprintf(word, format, arguments) < 0) {
        (void)fputs("giveback: out of memory\n", stderr);
        exit(EXIT_FAILURE);
    }
    va_end(arguments);
}

/* Both lists one behind the other; the words stay with their owners. */
static void join(struct callgrind *callgrind, const char *const *launcher)
{
    size_t count = 0, used = 0;
    while (launcher && launcher[count]) {
        count++;
    }
    callgrind->launcher = must_allocate(count + sizeof callgrind->words /
                                                    sizeof *callgrind->words,
                                        sizeof *callgrind->launcher);
    for (; used < count; used++) {
        callgrind->launcher[used] = launcher[used];
    }
    for (size_t i = 0; callgrind->words[i]; i++) {
        callgrind->launcher[used++] = callgrind->words[i];
    }
}

enum status callgrind_begin(struct callgrind *callgrind,
                            const char *const *launcher, struct reason *reason)
{
    *callgrind = (struct callgrind){.counts_fd = -1};
    if (callgrind_lacking) {
        return explain(reason, STATUS_UNSUPPORTED, "%s", callgrind_lacking);
    }
    callgrind->words[0] = find_valgrind();
    if (!callgrind->words[0]) {
        return explain(reason, STATUS_UNSUPPORTED,
                       "valgrind is not installed: install the package "
                       "valgrind (scripts/setup does)");
    }
    callgrind->counts_fd = memfd_create("giveback-counts", MFD_CLOEXEC);
    if (callgrind->counts_fd < 0) {
        return explain(reason, STATUS_FAILED, "no memory for counts: %s",
                       strerror(errno));
    }
    append(callgrind, "--tool=callgrind");
    append(callgrind, "--quiet");
    append(callgrind, "--vgdb=no"); /* its pipes would stay in /tmp */
    append(callgrind, "--cache-sim=no");
    append(callgrind, "--collect-atstart=no");
    append(callgrind, "--combine-dumps=yes");
    /* Through this process, where no worker can close it. */
    append(callgrind, "--callgrind-out-file=/proc/%ld/fd/%d", (long)getpid(),
           callgrind->counts_fd);
    join(callgrind, launcher);
    return STATUS_OK;
}

void callgrind_end(struct callgrind *callgrind)
{
    for (size_t i = 0; callgrind->words[i]; i++) {
        free(callgrind->words[i]);
    }
    free(callgrind->launcher);
    if (callgrind->counts_fd >= 0) {
        (void)close(callgrind->counts_fd);
    }
    *callgrind = (struct callgrind){.counts_fd = -1};
}

/* How far the text has been read. */
struct reading {
    struct report *report;
    uint32_t filled;       /* samples that have their count */
    struct sample *sample; /* whose part this is; NULL: nobody's */
    bool broken;           /* a part of another phase, or no number */
};

/* What follows `prefix` on this line, with its length; NULL: another line. */
static const char *value_of(const char *line, size_t length,
                            const char *prefix, size_t *value_length)
{
    const size_t prefix_length = strlen(prefix);
    if (length < prefix_length || memcmp(line, prefix, prefix_length) != 0) {
        return NULL;
    }
    *value_length = length - prefix_length;
    return line + prefix_length;
}

/* The part of a phase: it must be that of the next sample. */
static void begin_part(struct reading *reading, const char *phase,
                       size_t length)
{
    struct report *report = reading->report;
    if (reading->filled >= report->sample_count) {
        reading->broken = true;
        return;
    }
    reading->sample = &report->samples[reading->filled];
    const char *expected = reading->sample->phase;
    reading->broken =
        strnlen(expected, sizeof reading->sample->phase) != length ||
        memcmp(expected, phase, length) != 0;
}

static void take_count(struct reading *reading, const char *text,
                       size_t length)
{
    char number[24] = "";
    if (length < sizeof number) {
        memcpy(number, text, length);
    }
    /* Digits alone: 7K is a number elsewhere. */
    reading->broken = strspn(number, "0123456789") != length ||
                      !parse_integer(number, &reading->sample->instructions) ||
                      reading->sample->instructions == UNKNOWN;
    reading->sample = NULL;
    reading->filled++;
}

static void read_line(struct reading *reading, const char *line, size_t length)
{
    static const char trigger[] = "desc: Trigger: Client Request: ";
    static const char summary[] = "summary: ";
    size_t value_length;
    const char *value = value_of(line, length, trigger, &value_length);
    if (value) {
        begin_part(reading, value, value_length);
    }
    value = value_of(line, length, summary, &value_length);
    if (value && reading->sample) {
        take_count(reading, value, value_length);
    }
}

/* A part of the output has the line "desc: Trigger: Client Request: PHASE"
 * and after it "summary: COUNT" (Callgrind Format Specification, valgrind's
 * manual); parts come in the order of the samples. What is left at the end of
 * the process is a part with another trigger. */
enum status callgrind_read(const char *text, size_t length,
                           struct report *report, struct reason *reason)
{
    struct reading reading = {.report = report};
    const char *const end = text + length;
    for (const char *line = text; line < end && !reading.broken;) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        const char *line_end = newline ? newline : end;
        read_line(&reading, line, (size_t)(line_end - line));
        line = newline ? newline + 1 : end;
    }
    return !reading.broken && reading.filled == report->sample_count
               ? STATUS_OK
               : explain(reason, STATUS_FAILED,
                         "callgrind counted %" PRIu32
                         " phases and not the %" PRIu32 " that there were: "
                         "was its output cut?",
                         reading.filled, report->sample_count);
}

static enum status take(const struct callgrind *callgrind,
                        struct report *report, struct reason *reason)
{
    const off_t length = lseek(callgrind->counts_fd, 0, SEEK_END);
    const char *text = length > 0 ? mmap(NULL, (size_t)length, PROT_READ,
                                         MAP_PRIVATE, callgrind->counts_fd, 0)
                                  : MAP_FAILED;
    if (text == MAP_FAILED) {
        return explain(reason, STATUS_FAILED, "callgrind wrote no counts");
    }
    const enum status status =
        callgrind_read(text, (size_t)length, report, reason);
    (void)munmap((void *)(uintptr_t)text, (size_t)length);
    return status;
}

void callgrind_judge(const struct callgrind *callgrind, struct report *report,
                     struct ending *ending)
{
    const struct reason reason = ending->reason;
    if (ending->outcome == OUTCOME_OK) {
        ending->outcome = take(callgrind, report, &ending->reason) == STATUS_OK
                              ? OUTCOME_OK
                              : OUTCOME_FAILED;
        return;
    }
    if (ending->outcome == OUTCOME_CRASHED && report->sample_count == 0 &&
        atomic_load(&report->operations) == 0) {
        ending->outcome = OUTCOME_UNSUPPORTED;
    }
    (void)explain(&ending->reason, STATUS_FAILED, "under valgrind: %.400s",
                  reason.text);
}
