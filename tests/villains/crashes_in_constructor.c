/* Crashes in a constructor. */
#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

__attribute__((constructor)) static void begin(void)
{
    *(volatile char *)(uintptr_t)0x5000 = 1; /* never mapped */
}

void *malloc(size_t size)
{
    return take_block(size);
}

void free(void *block)
{
    (void)block;
}
