/* Text that comes from outside, made fit for a terminal.
 *
 * Printable is UTF-8 without control characters: below U+0020, U+007F, and
 * U+0080 to U+009F, which some terminals obey too.
 */
#ifndef GIVEBACK_PRINTABLE_H
#define GIVEBACK_PRINTABLE_H

#include <stdbool.h>

/* Whether the whole text is printable. */
bool is_printable(const char *text);

/* Makes every byte that is not printable a question mark, in place. */
void make_printable(char *text);

#endif
