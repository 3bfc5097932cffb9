/* Whether the heap at the end of the program's data can grow. */
#include "heap_room.h"

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

static const size_t ROOM_BYTES = (size_t)64 << 30;

/* Reserves the room for a moment; only what is in the way counts, no limit on
 * addresses (ulimit -v). */
bool heap_has_room(void)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    char *const end = sbrk(0);
    char *const start = end + (page - (uintptr_t)end % page) % page;
    void *reserved =
        mmap(start, ROOM_BYTES, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
             -1, 0);
    if (reserved == MAP_FAILED) {
        return errno != EEXIST;
    }
    (void)munmap(reserved, ROOM_BYTES);
    return reserved == start;
}

enum status heap_check(struct reason *reason)
{
    return heap_has_room()
               ? STATUS_OK
               : explain(reason, STATUS_UNSUPPORTED,
                         "its heap has no room to grow, as on older kernels "
                         "behind a loader of its own: what would be measured "
                         "is not what programs see; take a newer kernel");
}
