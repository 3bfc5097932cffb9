/* Hands out blocks at odd addresses. */
#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

void *malloc(size_t size)
{
    char *start = take_block(size + 1);
    return start ? start + 1 : NULL;
}

void free(void *block)
{
    (void)block;
}
