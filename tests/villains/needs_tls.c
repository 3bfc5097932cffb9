/* Needs 64 KiB of static thread-local storage. */
#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

__attribute__((tls_model(
    "initial-exec"))) static _Thread_local volatile char storage[65536];

void *malloc(size_t size)
{
    storage[size % sizeof storage] = 1;
    return take_block(size);
}

void free(void *block)
{
    (void)block;
}
