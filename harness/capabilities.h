/* What an allocator can do: declared, or told by the calls it has. */
#ifndef GIVEBACK_CAPABILITIES_H
#define GIVEBACK_CAPABILITIES_H

#include "allocator.h"

/* In words, by the position of their bit in `enum capability`; ends in NULL.
 */
extern const char *const capability_names[];

/* Those of an attached allocator. */
unsigned capabilities_of(const struct allocator *allocator,
                         const struct allocator_calls *calls);

#endif
