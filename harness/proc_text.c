/* Readers of the kernel's text files under /proc. */
#include "proc_text.h"

#include <string.h>

#include "sample.h"

/* Reads digits at *at and moves it behind them; false if there are none or
 * they do not fit. */
static bool read_number(const char **at, const char *end, unsigned base,
                        uint64_t *number)
{
    const char *start = *at;
    uint64_t value = 0;
    for (; *at < end; (*at)++) {
        const char c = **at;
        const unsigned digit = c >= '0' && c <= '9' ? (unsigned)(c - '0')
                               : c >= 'a' && c <= 'f'
                                   ? (unsigned)(c - 'a') + 10
                                   : 99;
        if (digit >= base) {
            break;
        }
        if (__builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit, &value)) {
            return false;
        }
    }
    *number = value;
    return *at > start;
}

static void skip_blanks(const char **at, const char *end)
{
    while (*at < end && (**at == ' ' || **at == '\t')) {
        (*at)++;
    }
}

/* The value behind the key, in bytes where the unit is kB. */
static uint64_t field_value(const char *at, const char *end)
{
    uint64_t value = 0;
    skip_blanks(&at, end);
    if (!read_number(&at, end, 10, &value)) {
        return UNKNOWN;
    }
    skip_blanks(&at, end);
    if (end - at >= 2 && memcmp(at, "kB", 2) == 0 &&
        __builtin_mul_overflow(value, UINT64_C(1024), &value)) {
        return UNKNOWN;
    }
    return value;
}

static void read_field_line(const char *line, const char *end,
                            const struct proc_field *fields)
{
    for (const struct proc_field *field = fields; field->key; field++) {
        const size_t length = strlen(field->key);
        if ((size_t)(end - line) >= length && *field->value == UNKNOWN &&
            memcmp(line, field->key, length) == 0) {
            *field->value = field_value(line + length, end);
            return;
        }
    }
}

void proc_fields(const char *text, size_t length,
                 const struct proc_field *fields)
{
    for (const struct proc_field *field = fields; field->key; field++) {
        *field->value = UNKNOWN;
    }
    const char *const end = text + length;
    for (const char *line = text; line < end;) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        if (!newline) {
            return; /* the line may be cut, and its number with it */
        }
        read_field_line(line, newline, fields);
        line = newline + 1;
    }
}

uint64_t proc_statm_resident_pages(const char *text, size_t length)
{
    const char *at = text;
    const char *const end = text + length;
    uint64_t size = 0, resident = 0;
    if (!read_number(&at, end, 10, &size)) {
        return UNKNOWN;
    }
    skip_blanks(&at, end);
    if (!read_number(&at, end, 10, &resident) || at == end ||
        (*at != ' ' && *at != '\n')) {
        return UNKNOWN; /* or cut: then its last digits are missing */
    }
    return resident;
}

bool proc_mapping(const char *line, size_t length, uint64_t *start,
                  uint64_t *end)
{
    const char *at = line;
    const char *const stop = line + length;
    if (!read_number(&at, stop, 16, start) || at == stop || *at != '-') {
        return false;
    }
    at++;
    return read_number(&at, stop, 16, end) && *start < *end;
}

bool proc_mapping_of_file(const char *line, size_t length)
{
    static const char *const shared[] = {
        "/memfd:", "/dev/zero", "/dev/shm/", "/SYSV", "/anon_hugepage", NULL};
    const char *path = memchr(line, '/', length);
    if (!path || memchr(line, '[', (size_t)(path - line))) {
        return false; /* a '/' within "[anon:NAME]" begins no path */
    }
    const size_t path_length = length - (size_t)(path - line);
    for (size_t i = 0; shared[i]; i++) {
        const size_t prefix = strlen(shared[i]);
        if (path_length >= prefix && memcmp(path, shared[i], prefix) == 0) {
            return false;
        }
    }
    return true;
}
