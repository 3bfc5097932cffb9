/* No allocator at all: measures the harness itself.
 *
 * Every request is answered with the same block, so contents are not kept;
 * what a workload costs on it is the cost of the workload's own loop.
 */
#include <errno.h>

#include "allocator.h"

enum { BLOCK_BYTES = 65536 }; /* the largest request of a regime */

static _Alignas(64) char block[BLOCK_BYTES];

static void *null_alloc(size_t size)
{
    if (size > sizeof block) {
        errno = ENOMEM;
        return NULL;
    }
    return block;
}

static void null_release(void *released)
{
    (void)released;
}

static enum status attach(struct allocator_calls *calls,
                          const struct settings *settings,
                          struct identity *identity, struct reason *reason)
{
    (void)settings;
    (void)identity;
    (void)reason;
    *calls = (struct allocator_calls){
        .alloc = null_alloc,
        .release = null_release,
    };
    return STATUS_OK;
}

const struct allocator allocator_null = {
    .name = "null",
    .summary = "answers every request with one block: the harness's own cost",
    .capabilities = CAN_THREADS | CAN_FORK | CAN_REPEAT,
    .on_request = true,
    .attach = attach,
};
