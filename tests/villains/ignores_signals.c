/* Blocks and ignores every signal it can, then never answers. */
#include <signal.h>
#include <unistd.h>

#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

__attribute__((constructor)) static void begin(void)
{
    sigset_t all;
    sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, NULL);
    for (int number = 1; number < NSIG; number++) {
        (void)signal(number, SIG_IGN);
    }
}

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
