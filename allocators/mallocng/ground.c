/* What the objects of musl's allocator stand on outside musl.
 *
 * They come out of the archive of the installed package musl-dev, unchanged,
 * and are linked with this file into a library of their own. Inside musl they
 * would find two things of its start-up, which here are set from outside:
 * where errno is, and the state of the process. Of the latter they read two
 * members, at the offsets that their relocations name (musl 1.2.3, x86-64,
 * where the page size is a constant): whether locks are needed, and the
 * auxiliary vector, for a secret.
 */
#include "ground.h"

#define HIDDEN   __attribute__((visibility("hidden")))
#define EXPORTED __attribute__((visibility("default")))

/* musl's names. */
HIDDEN struct {
    char unused[3];
    volatile signed char need_locks;
    int unused_too;
    const size_t *auxiliary_vector;
    char rest[256];
} __libc;

extern const char __libc_version[] HIDDEN;
HIDDEN int *___errno_location(void);

static int *(*errno_location)(void);

HIDDEN int *___errno_location(void)
{
    return errno_location();
}

EXPORTED void mallocng_begin(int *(*location)(void), const size_t *vector)
{
    errno_location = location;
    __libc.auxiliary_vector = vector;
}

EXPORTED void mallocng_need_locks(void)
{
    __libc.need_locks = 1;
}

EXPORTED const char *mallocng_version(void)
{
    return __libc_version;
}
