/* Calls libc's malloc and has none: asking it for one answers libc's. */
#include <stdlib.h>

#include "villain.h"

EXPORT void *forward(size_t size);

void *forward(size_t size)
{
    return malloc(size);
}
