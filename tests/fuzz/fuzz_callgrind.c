/* The reader of callgrind's output: callgrind.c.
 *
 * The first byte says how many phases the worker had, the rest is the text.
 * Where all is well every phase has a count, which stands in the text behind
 * its phase's name; all else is a failure with a reason.
 */
#include "require_reason.h"

#include <inttypes.h>
#include <stdbool.h>

#include "callgrind.h"

static const char *const phases[] = {"fill", "drain", "drain", "poke"};
enum { PHASE_COUNT = sizeof phases / sizeof *phases };

static struct report report;

static void set_phases(uint32_t count)
{
    memset(report.samples, 0, sizeof *report.samples * PHASE_COUNT);
    report.sample_count = count;
    for (uint32_t i = 0; i < count; i++) {
        (void)snprintf(report.samples[i].phase, sizeof report.samples->phase,
                       "%s", phases[i]);
        report.samples[i].instructions = UNKNOWN;
    }
}

static const char *line_end(const char *line, const char *end)
{
    const char *newline = memchr(line, '\n', (size_t)(end - line));
    return newline ? newline : end;
}

/* The first line from `at` on that begins with this, and is this where it is
 * to be whole; what follows it. */
static const char *find_line(const char *at, const char *end,
                             const char *beginning, bool whole)
{
    const size_t length = strlen(beginning);
    for (const char *line = at; line < end;) {
        const char *stop = line_end(line, end);
        if ((size_t)(stop - line) >= length &&
            memcmp(line, beginning, length) == 0 &&
            (!whole || line + length == stop)) {
            return line + length;
        }
        line = stop < end ? stop + 1 : end;
    }
    return NULL;
}

/* Whether what stands there up to the line's end is this number: any zeros,
 * then its own digits. */
static bool is_number(const char *at, const char *end, uint64_t number)
{
    char digits[24];
    const char *stop = line_end(at, end);
    const int length = snprintf(digits, sizeof digits, "%" PRIu64, number);
    while (stop - at > length && *at == '0') {
        at++;
    }
    return stop - at == length && memcmp(at, digits, (size_t)length) == 0;
}

static void require_counts(const char *text, size_t length)
{
    const char *const end = text + length;
    const char *at = text;
    for (uint32_t i = 0; i < report.sample_count; i++) {
        const struct sample *sample = &report.samples[i];
        char trigger[64];
        require(sample->instructions != UNKNOWN);
        (void)snprintf(trigger, sizeof trigger,
                       "desc: Trigger: Client Request: %s", sample->phase);
        at = find_line(at, end, trigger, true);
        require(at != NULL);
        at = find_line(at, end, "summary: ", false);
        require(at != NULL && is_number(at, end, sample->instructions));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size == 0) {
        return 0;
    }
    /* A block of its own, without a zero at its end. */
    const size_t length = size - 1;
    char *text = fuzz_allocate(length);
    struct reason reason = {""};
    memcpy(text, bytes + 1, length);
    set_phases(bytes[0] % (PHASE_COUNT + 1));
    const enum status status = callgrind_read(text, length, &report, &reason);
    require_reason(status, &reason);
    if (status == STATUS_OK) {
        require_counts(text, length);
    }
    free(text);
    return 0;
}
