/* Crashes while it is relocated, before any of its code should run. */
#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

typedef void release_function(void *block);

/* Asked by the loader where `free` is. */
__attribute__((used)) static release_function *find_free(void)
{
    *(volatile char *)(uintptr_t)0x5000 = 1; /* never mapped */
    return NULL;
}

void *malloc(size_t size)
{
    return take_block(size);
}

void free(void *block) __attribute__((ifunc("find_free")));
