/* Closes every descriptor when it is loaded. */
#include <unistd.h>

#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

__attribute__((constructor)) static void begin(void)
{
    (void)close_range(0, ~0U, 0);
}

void *malloc(size_t size)
{
    return take_block(size);
}

void free(void *block)
{
    (void)block;
}
