/* Never answers, after some good calls. */
#include <unistd.h>

#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

void *malloc(size_t size)
{
    while (!behaves()) {
        (void)pause();
    }
    return take_block(size);
}

void free(void *block)
{
    (void)block;
}
