/* Under a sanitizer mmap is the sanitizer's: a Python without a hook for its
 * arenas cannot be followed there. */
#include "libpython.h"

bool libpython_map_arenas(struct slots *slots)
{
    (void)slots;
    return false;
}
