/* Versions as texts of numbers and dots: which one is meant. */
#include "version_match.h"

#include <string.h>

bool version_matches(const char *version, const char *wanted)
{
    const size_t length = strlen(wanted);
    return strncmp(version, wanted, length) == 0 &&
           !(version[length] >= '0' && version[length] <= '9');
}

bool versions_agree(const char *one, const char *other)
{
    return version_matches(one, other) || version_matches(other, one);
}
