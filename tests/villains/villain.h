/* What villains share: memory that is handed out in a row, and symbols that
 * can be found. They are loaded by the path of their library, as any
 * allocator may be.
 */
#ifndef GIVEBACK_VILLAINS_VILLAIN_H
#define GIVEBACK_VILLAINS_VILLAIN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#define EXPORT __attribute__((visibility("default")))

enum {
    GOOD_CALLS = 5000, /* before a villain shows what it is */
    HEADER_BYTES = 16, /* before every block: its size */
    REGION_BYTES = 64 << 20,
};

/* `stride` bytes further on in one region; NULL when that is used up. */
static inline char *take(size_t stride)
{
    static char *region;
    static size_t used_bytes;
    if (!region) {
        region = mmap(NULL, REGION_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    }
    if (region == MAP_FAILED || stride > REGION_BYTES - used_bytes) {
        return NULL;
    }
    used_bytes += stride;
    return region + used_bytes - stride;
}

static inline size_t rounded(size_t size)
{
    return (size + HEADER_BYTES - 1) / HEADER_BYTES * HEADER_BYTES;
}

/* A block that is as it should be. */
static inline void *take_block(size_t size)
{
    char *start = take(HEADER_BYTES + rounded(size));
    if (!start) {
        return NULL;
    }
    *(size_t *)(void *)start = size;
    return start + HEADER_BYTES;
}

/* Whether this is still one of the good calls. */
static inline int behaves(void)
{
    static unsigned calls;
    return ++calls <= GOOD_CALLS;
}

#endif
