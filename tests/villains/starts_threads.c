/* Has threads of its own that never end. */
#include <pthread.h>
#include <unistd.h>

#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

static void *wait_for_ever(void *nothing)
{
    for (;;) {
        (void)pause();
    }
    return nothing;
}

__attribute__((constructor)) static void begin(void)
{
    for (int i = 0; i < 4; i++) {
        pthread_t thread;
        (void)pthread_create(&thread, NULL, wait_for_ever, NULL);
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
