/* Hands out memory that cannot be written. */
#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

void *malloc(size_t size)
{
    static char *region;
    if (!region) {
        region = mmap(NULL, REGION_BYTES, PROT_READ,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    }
    return region != MAP_FAILED && size <= REGION_BYTES ? region : NULL;
}

void free(void *block)
{
    (void)block;
}
