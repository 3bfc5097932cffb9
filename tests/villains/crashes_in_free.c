/* Writes where no memory is in free, after some good ones. */
#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

void *malloc(size_t size)
{
    return take_block(size);
}

void free(void *block)
{
    (void)block;
    if (!behaves()) {
        *(volatile char *)(uintptr_t)0x5000 = 1; /* never mapped */
    }
}
