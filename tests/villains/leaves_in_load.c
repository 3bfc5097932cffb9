/* Ends the process in a constructor as if all were well. */
#include <stdlib.h>

#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

__attribute__((constructor)) static void begin(void)
{
    exit(0);
}

void *malloc(size_t size)
{
    return take_block(size);
}

void free(void *block)
{
    (void)block;
}
