/* Python 2.3 and 2.4: arenas are never given back. */
#define ALIGNMENT               ((size_t)8)
#define SMALL_REQUEST_THRESHOLD ((size_t)256)
#define POOL_SIZE               ((size_t)4096)
#define ARENA_SIZE              ((size_t)256 * 1024)

#include "address_index.h"
#include "core.h"

const struct preset preset_2_3 = {
    .described = {.name = "2.3",
                  .pythons = "2.3, 2.4",
                  CORE_SIZES,
                  .backing = PYMALLOC_BACKING_MALLOC,
                  .release = PYMALLOC_RELEASE_NEVER},
    .order = &order_newest,
    .addresses = &address_test,
    .calls = CORE_CALLS,
};
