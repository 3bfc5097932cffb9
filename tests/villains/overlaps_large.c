/* Hands out blocks of more than a page that overlap their neighbours. */
#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

void *malloc(size_t size)
{
    return size > 4096 ? take(rounded(size / 2)) : take_block(size);
}

void free(void *block)
{
    (void)block;
}
