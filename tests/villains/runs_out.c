/* Has no more memory, after some good calls. */
#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

void *malloc(size_t size)
{
    return behaves() ? take_block(size) : NULL;
}

void free(void *block)
{
    (void)block;
}
