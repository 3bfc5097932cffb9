/* Exits after some good calls; its handler for that aborts. */
#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

/* Of stdlib.h, which has malloc and free of its own. */
_Noreturn void abort(void);
int atexit(void (*handler)(void));
_Noreturn void exit(int status);

static void at_exit(void)
{
    abort();
}

__attribute__((constructor)) static void begin(void)
{
    (void)atexit(at_exit);
}

void *malloc(size_t size)
{
    if (!behaves()) {
        exit(0);
    }
    return take_block(size);
}

void free(void *block)
{
    (void)block;
}
