/* Has no memory at all. */
#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

void *malloc(size_t size)
{
    (void)size;
    return NULL;
}

void free(void *block)
{
    (void)block;
}
