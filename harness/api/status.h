/* How a request to a plug-in ends, and why.
 *
 * Invariant: whatever is not STATUS_OK comes with a reason in words that a
 * user can act on.
 */
#ifndef GIVEBACK_API_STATUS_H
#define GIVEBACK_API_STATUS_H

#include <stdarg.h>
#include <stdio.h>

enum status {
    STATUS_OK,
    STATUS_FAILED,      /* it should have worked here and did not */
    STATUS_UNSUPPORTED, /* it cannot work here: not installed, not offered */
};

struct reason {
    char text[512]; /* one line, no newline; empty while all is well */
};

/* Writes the reason, cut to its capacity, and returns `status`, so that a
 * caller can write: return explain(reason, STATUS_FAILED, "..."). What it
 * quotes may come from anywhere: control characters become question marks,
 * so that it stays one line and commands no terminal. */
__attribute__((format(printf, 3, 4))) static inline enum status
explain(struct reason *reason, enum status status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reason->text, sizeof reason->text, format, arguments);
    va_end(arguments);
    for (char *at = reason->text; *at; at++) {
        if ((unsigned char)*at < ' ' || *at == 0x7f) {
            *at = '?';
        }
    }
    return status;
}

#endif
