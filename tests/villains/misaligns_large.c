/* Hands out blocks of more than a page at odd addresses. */
#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

void *malloc(size_t size)
{
    char *start = take_block(size + 1);
    return start && size > 4096 ? start + 1 : start;
}

void free(void *block)
{
    (void)block;
}
