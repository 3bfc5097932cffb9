/* Has a malloc and no free: libc's must not be taken for its own. */
#include "villain.h"

EXPORT void *malloc(size_t size);

void *malloc(size_t size)
{
    return take_block(size);
}
