/* Its free never returns, after some good ones. */
#include <unistd.h>

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
    while (!behaves()) {
        (void)pause();
    }
}
