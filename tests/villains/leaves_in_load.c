/* Ends the process in a constructor as if all were well. */
#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

/* Of stdlib.h, which has malloc and free of its own. */
_Noreturn void exit(int status);

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
