/* Its realloc loses the contents, its calloc does not clear, and its
 * malloc_usable_size is one byte short. */
#include <string.h>

#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);
EXPORT void *calloc(size_t count, size_t size);
EXPORT void *realloc(void *block, size_t size);
EXPORT size_t malloc_usable_size(void *block);

void *malloc(size_t size)
{
    return take_block(size);
}

void free(void *block)
{
    (void)block;
}

void *calloc(size_t count, size_t size)
{
    void *block = take_block(count * size);
    return block ? memset(block, 0x5a, count * size) : NULL;
}

void *realloc(void *block, size_t size)
{
    (void)block;
    return take_block(size);
}

size_t malloc_usable_size(void *block)
{
    return *(size_t *)(void *)((char *)block - HEADER_BYTES) - 1;
}
