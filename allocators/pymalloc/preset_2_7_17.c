/* Python 2.7.17: blocks are aligned to 16 bytes. */
#define ALIGNMENT               ((size_t)16)
#define SMALL_REQUEST_THRESHOLD ((size_t)512)
#define POOL_SIZE               ((size_t)4096)
#define ARENA_SIZE              ((size_t)256 * 1024)

#include "address_index.h"
#include "core.h"

const struct preset preset_2_7_17 = {
    .described = {.name = "2.7.17",
                  .pythons = "2.7.17, 2.7.18, 3.7.16",
                  CORE_SIZES,
                  .backing = PYMALLOC_BACKING_MMAP,
                  .release = PYMALLOC_RELEASE_EMPTY},
    .order = &order_scan,
    .addresses = &address_test,
    .calls = CORE_CALLS,
};
