/* Says why and aborts, after some good calls. */
#include <signal.h>
#include <unistd.h>

#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

void *malloc(size_t size)
{
    static const char words[] = "villain: corrupted\tlist\n";
    if (!behaves()) {
        const ssize_t written = write(2, words, sizeof words - 1);
        (void)written;
        (void)raise(SIGABRT);
    }
    return take_block(size);
}

void free(void *block)
{
    (void)block;
}
