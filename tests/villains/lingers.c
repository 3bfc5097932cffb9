/* Takes two seconds over one answer, after a thousand blocks came back. */
#include <time.h>

#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

/* Below what the smallest workload of the tests gives back. */
enum { BLOCKS = 1000, LINGERS_S = 2 };

static unsigned came_back;

void *malloc(size_t size)
{
    if (came_back >= BLOCKS) {
        const struct timespec duration = {.tv_sec = LINGERS_S};
        (void)nanosleep(&duration, NULL);
        came_back = 0;
    }
    return take_block(size);
}

void free(void *block)
{
    came_back += block != NULL;
}
