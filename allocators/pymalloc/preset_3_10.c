/* Python 3.10 to 3.14: larger pools and arenas, found by a radix tree. */
#define ALIGNMENT               ((size_t)16)
#define SMALL_REQUEST_THRESHOLD ((size_t)512)
#define POOL_SIZE               ((size_t)16 * 1024)
#define ARENA_BITS              20
#define ARENA_SIZE              ((size_t)1 << ARENA_BITS)

#include "address_radix.h"
#include "core.h"

const struct preset preset_3_10 = {
    .described = {.name = "3.10",
                  .pythons = "3.10-3.14",
                  CORE_SIZES,
                  .backing = PYMALLOC_BACKING_MMAP,
                  .release = PYMALLOC_RELEASE_KEEP_ONE},
    .order = &order_table,
    .addresses = &address_test,
    .calls = CORE_CALLS,
};
