/* Stars in an allocator's address: each stands for all there are.
 *
 *   *            every allocator but those that nobody would choose
 *   name:*       every variant of it
 *   name@*       the installed one and every fetched version
 *   '*@*:*'      all of all
 */
#ifndef GIVEBACK_STARS_H
#define GIVEBACK_STARS_H

#include <stdbool.h>

#include "status.h"
#include "texts.h"

/* Whether a star stands for something in this address: in its name, version
 * or variant, and not in a path or a setting. */
bool has_stars(const char *text);

/* Appends the addresses without stars, settings as they were typed.
 * STATUS_FAILED with the reason where a star has nothing to stand for. */
enum status expand_stars(const char *text, struct texts *addresses,
                         struct reason *reason);

#endif
