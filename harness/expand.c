/* Lists and ranges in an address: one address per value. */
#include "expand.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "resolve.h"

/* How deep lists and ranges may stand in each other or behind each other in
 * one address: each is expanded within the one before. */
enum { DEPTH_MAX = 2 * SETTING_CAPACITY };

/* An expansion under way; the texts and the reason are the caller's. */
struct expansion {
    struct texts *addresses;
    struct reason *reason;
    unsigned depth;
};

static enum status expand(struct expansion *expansion, const char *text);

/* head + value + tail, itself expanded further. */
static enum status expand_with(struct expansion *expansion, const char *head,
                               size_t head_length, const char *value,
                               const char *tail)
{
    const size_t length = head_length + strlen(value) + strlen(tail);
    char *text = must_allocate(length + 1, 1);
    (void)snprintf(text, length + 1, "%.*s%s%s", (int)head_length, head, value,
                   tail);
    expansion->depth++;
    const enum status status = expand(expansion, text);
    expansion->depth--;
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

static enum status expand_braces(struct expansion *expansion, const char *text,
                                 const char *open)
{
    const char *close = closing_brace(open);
    if (!close || close == open + 1) {
        return explain(expansion->reason, STATUS_FAILED,
                       "'%.200s': write a list as key={one,two}", text);
    }
    struct texts values = {NULL, 0};
    char *inside = must_allocate((size_t)(close - open), 1);
    memcpy(inside, open + 1, (size_t)(close - open - 1));
    texts_split(&values, inside);
    free(inside);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < values.count && status == STATUS_OK; i++) {
        status = expand_with(expansion, text, (size_t)(open - text),
                             values.items[i], close + 1);
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

static enum status expand_range(struct expansion *expansion, const char *text,
                                const char *start)
{
    struct range range;
    if (!read_range(start, &range)) {
        return explain(expansion->reason, STATUS_FAILED,
                       "'%.200s': write a range as key=100..100000*10 or "
                       "key=0..90+30",
                       text);
    }
    uint64_t value = range.first;
    bool more = true;
    while (more && value <= range.last) {
        char digits[24];
        (void)snprintf(digits, sizeof digits, "%" PRIu64, value);
        const enum status status = expand_with(
            expansion, text, (size_t)(start - text), digits, range.tail);
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

static enum status expand(struct expansion *expansion, const char *text)
{
    const char *braces = strstr(text, "={");
    const char *range = find_range(text);
    if (expansion->addresses->count >= EXPANSION_MAX) {
        return explain(expansion->reason, STATUS_FAILED,
                       "'%.200s': that makes more than %d addresses in all",
                       text, EXPANSION_MAX);
    }
    if ((braces || range) && expansion->depth == DEPTH_MAX) {
        return explain(expansion->reason, STATUS_FAILED,
                       "'%.200s': more than %d lists and ranges in one "
                       "address",
                       text, DEPTH_MAX);
    }
    if (braces) {
        return expand_braces(expansion, text, braces + 1);
    }
    if (range) {
        return expand_range(expansion, text, range);
    }
    texts_add(expansion->addresses, text);
    return STATUS_OK;
}

enum status expand_address(const char *text, struct texts *addresses,
                           struct reason *reason)
{
    struct expansion expansion = {addresses, reason, 0};
    return expand(&expansion, text);
}
