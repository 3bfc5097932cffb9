/* Turns a crash into an exit that looks as if all were well. */
#include <signal.h>
#include <unistd.h>

#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

static void on_crash(int number)
{
    (void)number;
    _exit(0);
}

__attribute__((constructor)) static void begin(void)
{
    (void)signal(SIGSEGV, on_crash);
    (void)signal(SIGTERM, SIG_IGN);
}

void *malloc(size_t size)
{
    if (!behaves()) {
        *(volatile char *)(uintptr_t)0x5000 = 1; /* never mapped */
    }
    return take_block(size);
}

void free(void *block)
{
    (void)block;
}
