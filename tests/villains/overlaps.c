/* Hands out blocks that overlap their neighbours. */
#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

void *malloc(size_t size)
{
    char *start =
        take(rounded(size) / 2 / HEADER_BYTES * HEADER_BYTES + HEADER_BYTES);
    return size <= REGION_BYTES / 2 ? start : NULL;
}

void free(void *block)
{
    (void)block;
}
