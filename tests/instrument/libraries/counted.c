/* An allocator of a few instructions. Built twice: EXTRA is what malloc
 * executes besides, nothing or one instruction. */
#include <stddef.h>

#define EXPORT __attribute__((visibility("default")))

enum { REGION_BYTES = 16 << 20, ROUND = 15 };

EXPORT void *malloc(size_t size);
EXPORT void free(void *block);

static _Alignas(16) char region[REGION_BYTES];
static size_t used_bytes;

void *malloc(size_t size)
{
    const size_t start = used_bytes;
    __asm__ volatile(EXTRA);
    used_bytes = start + ((size + ROUND) & ~(size_t)ROUND);
    return used_bytes <= REGION_BYTES ? region + start : NULL;
}

void free(void *block)
{
    (void)block;
}
