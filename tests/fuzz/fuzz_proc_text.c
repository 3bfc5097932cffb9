/* Readers of the kernel's text files: proc_text.c.
 *
 * The first byte picks the reader, the rest is the text. A figure that is
 * told stands in the text, digit for digit; a torn end changes nothing.
 */
#include "fuzz.h"

#include <inttypes.h>
#include <stdbool.h>

#include "proc_text.h"
#include "sample.h"

/* Keys of the harness, one of which begins another. */
static const char *const keys[] = {
    "Rss:", "RssShmem:", "Anonymous:", "VmHWM:", "SwapTotal:", "R"};
enum { KEY_COUNT = sizeof keys / sizeof *keys };

static void read_fields(const char *text, size_t length, uint64_t *values)
{
    struct proc_field fields[KEY_COUNT + 1] = {{NULL, NULL}};
    for (size_t i = 0; i < KEY_COUNT; i++) {
        fields[i] = (struct proc_field){keys[i], &values[i]};
    }
    proc_fields(text, length, fields);
}

/* Whether the digits at `at`, up to `end`, are this number: any zeros, then
 * its own digits. */
static bool digits_are(const char *at, const char *end, uint64_t number)
{
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%" PRIu64, number);
    while (at < end && *at == '0') {
        at++;
    }
    const size_t own = number == 0 ? 0 : (size_t)length;
    return (size_t)(end - at) >= own && memcmp(at, digits, own) == 0 &&
           (at + own == end || at[own] < '0' || at[own] > '9');
}

static bool tells(const char *line, const char *end, uint64_t value)
{
    while (line < end && (*line == ' ' || *line == '\t')) {
        line++;
    }
    return digits_are(line, end, value) ||
           (value % 1024 == 0 && digits_are(line, end, value / 1024));
}

/* The line that the key begins, first of its kind, tells this value. */
static bool stands_there(const char *text, size_t length, const char *key,
                         uint64_t value)
{
    const char *const end = text + length;
    const size_t key_length = strlen(key);
    for (const char *line = text; line < end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop) {
            return false;
        }
        if ((size_t)(stop - line) >= key_length &&
            memcmp(line, key, key_length) == 0 &&
            tells(line + key_length, stop, value)) {
            return true;
        }
        line = stop + 1;
    }
    return false;
}

static void check_fields(const char *text, size_t length)
{
    uint64_t values[KEY_COUNT], torn[KEY_COUNT];
    const char *last = length ? memrchr(text, '\n', length) : NULL;
    read_fields(text, length, values);
    read_fields(text, last ? (size_t)(last + 1 - text) : 0, torn);
    for (size_t i = 0; i < KEY_COUNT; i++) {
        require(values[i] == torn[i]);
        require(values[i] == UNKNOWN ||
                stands_there(text, length, keys[i], values[i]));
    }
}

static void check_statm(const char *text, size_t length)
{
    const uint64_t pages = proc_statm_resident_pages(text, length);
    if (pages == UNKNOWN) {
        return;
    }
    const char *const end = text + length;
    const char *blank = text;
    while (blank < end && *blank != ' ' && *blank != '\t') {
        require(*blank >= '0' && *blank <= '9');
        blank++;
    }
    require(blank > text && tells(blank, end, pages));
    /* Cut anywhere, it tells the same or nothing. */
    for (size_t cut = 0; cut < length && cut < 64; cut++) {
        const uint64_t found = proc_statm_resident_pages(text, cut);
        require(found == UNKNOWN || found == pages);
    }
}

static void check_maps(const char *line, size_t length)
{
    uint64_t start = 0, end = 0;
    if (proc_mapping(line, length, &start, &end)) {
        char range[40];
        require(start < end);
        const char *digits = line;
        while (*digits == '0' && digits[1] != '-') {
            digits++;
        }
        const int expected =
            snprintf(range, sizeof range, "%" PRIx64 "-", start);
        require((size_t)expected <= length - (size_t)(digits - line) &&
                memcmp(digits, range, (size_t)expected) == 0);
    }
    if (proc_mapping_of_file(line, length)) {
        require(memchr(line, '/', length) != NULL);
        require(!memmem(line, length, " /memfd:", 8) ||
                memchr(line, '/', length) !=
                    (const char *)memmem(line, length, " /memfd:", 8) + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static void (*const checks[])(const char *text, size_t length) = {
        check_fields, check_statm, check_maps};
    if (size > 0) {
        /* A block of its own, without a zero at its end. */
        char *text = fuzz_allocate(size - 1);
        memcpy(text, bytes + 1, size - 1);
        checks[bytes[0] % 3](text, size - 1);
        free(text);
    }
    return 0;
}
