/* Python 2.5: the first to give arenas back, to malloc. */
#define ALIGNMENT               ((size_t)8)
#define SMALL_REQUEST_THRESHOLD ((size_t)256)
#define POOL_SIZE               ((size_t)4096)
#define ARENA_SIZE              ((size_t)256 * 1024)

#include "address_index.h"
#include "core.h"

const struct preset preset_2_5 = {
    .described = {.name = "2.5",
                  .pythons = "2.5, 2.6, early 2.7, 3.0-3.2",
                  CORE_SIZES,
                  .backing = PYMALLOC_BACKING_MALLOC,
                  .release = PYMALLOC_RELEASE_EMPTY},
    .order = &order_scan,
    .addresses = &address_test,
    .calls = CORE_CALLS,
};
