/* Versions as texts of numbers and dots: which one is meant. */
#ifndef GIVEBACK_VERSION_MATCH_H
#define GIVEBACK_VERSION_MATCH_H

#include <stdbool.h>

/* Whether a version begins with the one that is wanted, number by number:
 * 2.36 is a 2, but no 2.3. */
bool version_matches(const char *version, const char *wanted);

/* Whether two tell the same as far as both go: 19 and 19.1.7 do, since a
 * library may tell less of itself than its package. */
bool versions_agree(const char *one, const char *other);

#endif
