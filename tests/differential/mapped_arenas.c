/* Arenas of a Python that has no hook for them (2.7): its calls of mmap and
 * munmap come here, because a program's own functions are found before the C
 * library's.
 */
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "libpython.h"

#define EXPORT __attribute__((visibility("default")))

static struct slots *arenas; /* NULL: as if this were not here */

bool libpython_map_arenas(struct slots *slots)
{
    arenas = slots;
    return true;
}

/* The names of the parameters are those of the C library's header. */
EXPORT void *mmap64(void *__addr, size_t __len, int __prot, int __flags,
                    int __fd, off_t __offset)
{
    if (arenas != NULL && __addr == NULL && __fd == -1 &&
        __len == arenas->arena_bytes) {
        void *arena = slots_take(arenas, __len);
        return arena != NULL ? arena : MAP_FAILED;
    }
    return (void *)syscall(SYS_mmap, __addr, __len, __prot, __flags, __fd,
                           __offset);
}

EXPORT int munmap(void *__addr, size_t __len)
{
    if (arenas != NULL && __len == arenas->arena_bytes &&
        slots_place(arenas, __addr).slot != NO_SLOT) {
        slots_give(arenas, __addr, __len);
        return 0;
    }
    return (int)syscall(SYS_munmap, __addr, __len);
}
