/* Python 2.5: the first to give arenas back, to malloc. */
#define ALIGNMENT_SHIFT         3
#define SMALL_REQUEST_THRESHOLD 256
#define POOL_BITS               12
#define ARENA_BITS              18

#include "address_index.h"
#include "preset.h"

const struct preset preset_2_5 = {
    .described = {.name = "2.5",
                  .pythons = "2.5, 2.6, early 2.7, 3.0-3.2",
                  PRESET_SIZES,
                  .backing = PYMALLOC_BACKING_MALLOC,
                  .release = PYMALLOC_RELEASE_EMPTY,
                  .order = PYMALLOC_ORDER_FEWEST_FREE},
    .order = &order_scan,
    .addresses = &address_test,
    .calls = CORE_CALLS,
};
