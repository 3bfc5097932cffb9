/* The order of release that moves pymalloc's arenas about most. */
#include "zigzag.h"

#include <string.h>

/* pymalloc's up to Python 3.9, in bytes: pools of 4 KiB with a header of 48,
 * 64 of them in an arena, sizes rounded up to 16. */
enum {
    POOL_BYTES = 4096,
    HEADER_BYTES = 48,
    POOLS = 64,
    ALIGNMENT = 16,
};

/* How many objects fill a pool; one where none fits. */
static size_t pool_objects(size_t size)
{
    const size_t block = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    const size_t room = POOL_BYTES - HEADER_BYTES;
    return block <= room ? room / block : 1;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

void slots_zigzag(void **slots, size_t count, size_t size, void **room)
{
    const size_t per_pool = pool_objects(size);
    const size_t per_arena = POOLS * per_pool;
    const size_t arenas = (count + per_arena - 1) / per_arena;
    size_t done = 0;
    for (size_t pool = 0; pool < POOLS; pool++) {
        for (size_t i = 0; i < arenas; i++) {
            const size_t arena = pool % 2 == 0 ? i : arenas - 1 - i;
            const size_t first =
                least(arena * per_arena + pool * per_pool, count);
            const size_t end = least(first + per_pool, count);
            memcpy(room + done, slots + first, (end - first) * sizeof *room);
            done += end - first;
        }
    }
    memcpy(slots, room, count * sizeof *slots);
}
