/* Closes every descriptor after some good calls. */
#include <unistd.h>

#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

void *malloc(size_t size)
{
    if (!behaves()) {
        (void)close_range(0, ~0U, 0);
    }
    return take_block(size);
}

void free(void *block)
{
    (void)block;
}
