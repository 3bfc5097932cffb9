/* Python 2.7.7: arenas are mapped, requests up to 512 bytes are small. */
#define ALIGNMENT               ((size_t)8)
#define SMALL_REQUEST_THRESHOLD ((size_t)512)
#define POOL_SIZE               ((size_t)4096)
#define ARENA_SIZE              ((size_t)256 * 1024)

#include "address_index.h"
#include "core.h"

const struct preset preset_2_7 = {
    .described = {.name = "2.7",
                  .pythons = "2.7.7-2.7.16, 3.3-3.6",
                  CORE_SIZES,
                  .backing = PYMALLOC_BACKING_MMAP,
                  .release = PYMALLOC_RELEASE_EMPTY},
    .order = &order_scan,
    .addresses = &address_test,
    .calls = CORE_CALLS,
};
