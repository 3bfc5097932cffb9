/* Its own symbols under a prefix, but what they lead to is libc's malloc. */
#include <stdlib.h>

#include "villain.h"

EXPORT void *fw_malloc(size_t size);
EXPORT void fw_free(void *block);

typedef void *alloc_function(size_t size);

/* Asked by the loader where `fw_malloc` is. */
__attribute__((used)) static alloc_function *find_malloc(void)
{
    return malloc;
}

void *fw_malloc(size_t size) __attribute__((ifunc("find_malloc")));

void fw_free(void *block)
{
    free(block);
}
