/* Has handlers of its own for faults and ends, and needs none of them. */
#include <signal.h>

#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

static void on_signal(int number)
{
    (void)number;
}

__attribute__((constructor)) static void begin(void)
{
    static const int numbers[] = {SIGSEGV, SIGBUS, SIGTERM, SIGINT, SIGALRM};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        (void)signal(numbers[i], on_signal);
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
