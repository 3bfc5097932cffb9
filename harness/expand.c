/* From what a user typed to one address per cell. */
#include "expand.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "registry.h"
#include "resolve.h"

static enum status too_many(const char *text, struct reason *reason)
{
    return explain(reason, STATUS_FAILED,
                   "'%.200s' stands for more than %d addresses", text,
                   EXPANSION_MAX);
}

/* head + value + tail, itself expanded further. */
static enum status add_expanded(const char *head, size_t head_length,
                                const char *value, const char *tail,
                                struct texts *addresses, struct reason *reason)
{
    const size_t length = head_length + strlen(value) + strlen(tail);
    char *text = must_allocate(length + 1, 1);
    (void)snprintf(text, length + 1, "%.*s%s%s", (int)head_length, head, value,
                   tail);
    const enum status status = expand_address(text, addresses, reason);
    free(text);
    return status;
}

/* The brace that closes the one at `open`, or NULL. */
static const char *closing_brace(const char *open)
{
    int depth = 0;
    for (const char *at = open; *at; at++) {
        depth += *at == '{';
        depth -= *at == '}';
        if (depth == 0) {
            return at;
        }
    }
    return NULL;
}

static enum status expand_braces(const char *text, const char *open,
                                 struct texts *addresses,
                                 struct reason *reason)
{
    const char *close = closing_brace(open);
    if (!close || close == open + 1) {
        return explain(reason, STATUS_FAILED,
                       "'%.200s': write a list as key={one,two}", text);
    }
    struct texts values = {NULL, 0};
    char *inside = must_allocate((size_t)(close - open), 1);
    memcpy(inside, open + 1, (size_t)(close - open - 1));
    texts_split(&values, inside);
    free(inside);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < values.count && status == STATUS_OK; i++) {
        status = add_expanded(text, (size_t)(open - text), values.items[i],
                              close + 1, addresses, reason);
    }
    texts_free(&values);
    return status;
}

/* One end or step of a range: the digits and suffix at *at. */
static bool read_bound(const char **at, uint64_t *value)
{
    char bound[32];
    const size_t length = strspn(*at, "0123456789KMGT");
    if (length >= sizeof bound) {
        return false;
    }
    memcpy(bound, *at, length);
    bound[length] = '\0';
    *at += length;
    return parse_integer(bound, value);
}

struct range {
    uint64_t first, last, step;
    bool multiply;
    const char *tail; /* what follows */
};

static bool read_range(const char *start, struct range *range)
{
    const char *at = start;
    if (!read_bound(&at, &range->first) || strncmp(at, "..", 2) != 0) {
        return false;
    }
    at += 2;
    if (!read_bound(&at, &range->last) || (*at != '*' && *at != '+')) {
        return false;
    }
    range->multiply = *at == '*';
    at++;
    if (!read_bound(&at, &range->step)) {
        return false;
    }
    range->tail = at;
    return range->first <= range->last &&
           (range->multiply ? range->step > 1 && range->first > 0
                            : range->step > 0);
}

static enum status expand_range(const char *text, const char *start,
                                struct texts *addresses, struct reason *reason)
{
    struct range range;
    if (!read_range(start, &range)) {
        return explain(reason, STATUS_FAILED,
                       "'%.200s': write a range as key=100..100000*10 or "
                       "key=0..90+30",
                       text);
    }
    uint64_t value = range.first;
    bool more = true;
    while (more && value <= range.last) {
        char digits[24];
        (void)snprintf(digits, sizeof digits, "%" PRIu64, value);
        const enum status status =
            add_expanded(text, (size_t)(start - text), digits, range.tail,
                         addresses, reason);
        if (status != STATUS_OK) {
            return status;
        }
        more = range.multiply
                   ? !__builtin_mul_overflow(value, range.step, &value)
                   : !__builtin_add_overflow(value, range.step, &value);
    }
    return STATUS_OK;
}

/* The start of the value that is a range, or NULL: digits behind a '='
 * followed by "..". */
static const char *find_range(const char *text)
{
    for (const char *at = strchr(text, '='); at; at = strchr(at + 1, '=')) {
        const size_t digits = strspn(at + 1, "0123456789KMGT");
        if (digits > 0 && strncmp(at + 1 + digits, "..", 2) == 0) {
            return at + 1;
        }
    }
    return NULL;
}

enum status expand_address(const char *text, struct texts *addresses,
                           struct reason *reason)
{
    const char *braces = strstr(text, "={");
    const char *range = find_range(text);
    if (addresses->count >= EXPANSION_MAX) {
        return too_many(text, reason);
    }
    if (braces) {
        return expand_braces(text, braces + 1, addresses, reason);
    }
    if (range) {
        return expand_range(text, range, addresses, reason);
    }
    texts_add(addresses, text);
    return STATUS_OK;
}

static const struct allocator *find_by_name(const char *name, size_t length)
{
    for (size_t i = 0; allocators[i]; i++) {
        if (strlen(allocators[i]->name) == length &&
            memcmp(allocators[i]->name, name, length) == 0) {
            return allocators[i];
        }
    }
    return NULL;
}

/* Adds the address; a library's relative path begins where the user is, not
 * where the worker will be. */
static enum status add_library(const char *text, struct texts *addresses,
                               struct reason *reason)
{
    const char *equals = strchr(text, '=');
    const char *slash = strchr(text, '/');
    if (!equals || !slash || equals > slash || equals[1] == '/') {
        return expand_address(text, addresses, reason);
    }
    char folder[PATH_MAX];
    if (!getcwd(folder, sizeof folder)) {
        return explain(reason, STATUS_FAILED,
                       "'%.200s': this folder has no path: %s", text,
                       strerror(errno));
    }
    const size_t length = strlen(text) + strlen(folder) + 2;
    char *head = must_allocate(length, 1);
    (void)snprintf(head, length, "%.*s%s/%s", (int)(equals + 1 - text), text,
                   folder, equals + 1);
    const enum status status = expand_address(head, addresses, reason);
    free(head);
    return status;
}

enum status expand_allocator(const char *text, struct texts *addresses,
                             struct reason *reason)
{
    const char *star = strstr(text, ":*");
    if (strchr(text, '/')) {
        return add_library(text, addresses, reason);
    }
    if (!star) {
        return expand_address(text, addresses, reason);
    }
    const size_t length = (size_t)(star - text);
    const struct allocator *allocator = find_by_name(text, length);
    if (!allocator || !allocator->variants) {
        return explain(reason, STATUS_FAILED,
                       "'%.200s': only an allocator with variants takes ':*' "
                       "(giveback list allocators)",
                       text);
    }
    enum status status = STATUS_OK;
    for (const struct variant *variant = allocator->variants;
         variant->name && status == STATUS_OK; variant++) {
        status = add_expanded(text, length + 1, variant->name, star + 2,
                              addresses, reason);
    }
    return status;
}
