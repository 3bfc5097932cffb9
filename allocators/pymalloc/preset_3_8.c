/* Python 3.8: an arena's new place is found in O(1). */
#define ALIGNMENT               ((size_t)16)
#define SMALL_REQUEST_THRESHOLD ((size_t)512)
#define POOL_SIZE               ((size_t)4096)
#define ARENA_SIZE              ((size_t)256 * 1024)

#include "address_index.h"
#include "core.h"

const struct preset preset_3_8 = {
    .described = {.name = "3.8",
                  .pythons = "3.8",
                  CORE_SIZES,
                  .backing = PYMALLOC_BACKING_MMAP,
                  .release = PYMALLOC_RELEASE_EMPTY},
    .order = &order_table,
    .addresses = &address_test,
    .calls = CORE_CALLS,
};
