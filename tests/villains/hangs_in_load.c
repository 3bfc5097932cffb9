/* Its constructor never returns. */
#include <unistd.h>

#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

__attribute__((constructor)) static void begin(void)
{
    for (;;) {
        (void)pause();
    }
}

void *malloc(size_t size)
{
    return take_block(size);
}

void free(void *block)
{
    (void)block;
}
