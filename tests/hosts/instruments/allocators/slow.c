/* A backend that takes its time before it is ready, as all do on a busy host.
 * Whoever looks after it meanwhile has looked several times. */
#include <stdlib.h>
#include <time.h>

#include "allocator.h"

static void *slow_alloc(size_t size)
{
    return malloc(size);
}

static void slow_release(void *block)
{
    free(block);
}

static enum status attach(struct allocator_calls *calls,
                          const struct settings *settings,
                          struct identity *identity, struct reason *reason)
{
    const struct timespec duration = {.tv_nsec = 300000000};
    (void)settings;
    (void)identity;
    (void)reason;
    (void)nanosleep(&duration, NULL);
    *calls =
        (struct allocator_calls){.alloc = slow_alloc, .release = slow_release};
    return STATUS_OK;
}

const struct allocator allocator_slow = {
    .name = "slow",
    .summary = "malloc, ready after 0.3 s, for tests of who waits for it",
    .attach = attach,
};
