/* Takes all the memory there is in a constructor. */
#include <string.h>

#include "villain.h"

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

enum { REGIONS_MAX = 64 }; /* 4 GiB: should nobody stop it */

/* Takes memory and touches it. */
static void take_all(void)
{
    for (int i = 0; i < REGIONS_MAX; i++) {
        char *start = mmap(NULL, REGION_BYTES, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (start != MAP_FAILED) {
            memset(start, 1, REGION_BYTES);
        }
    }
}

__attribute__((constructor)) static void begin(void)
{
    take_all();
}

void *malloc(size_t size)
{
    return take_block(size);
}

void free(void *block)
{
    (void)block;
}
