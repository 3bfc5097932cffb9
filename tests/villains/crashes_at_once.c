/* Crashes at the first call. */
#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

void *malloc(size_t size)
{
    *(volatile char *)(uintptr_t)0x5000 = 1; /* never mapped */
    return take_block(size);
}

void free(void *block)
{
    (void)block;
}
