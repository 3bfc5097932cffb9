/* Hands out 256 bytes, however much is asked for. */
#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

void *malloc(size_t size)
{
    (void)size;
    return take(256);
}

void free(void *block)
{
    (void)block;
}
