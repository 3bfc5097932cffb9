/* Python 3.8: an arena's new place is found in O(1). */
#define ALIGNMENT_SHIFT         4
#define SMALL_REQUEST_THRESHOLD 512
#define POOL_BITS               12
#define ARENA_BITS              18

#include "address_index.h"
#include "preset.h"

const struct preset preset_3_8 = {
    .described = {.name = "3.8",
                  .pythons = "3.8",
                  PRESET_SIZES,
                  .backing = PYMALLOC_BACKING_MMAP,
                  .release = PYMALLOC_RELEASE_EMPTY,
                  .order = PYMALLOC_ORDER_FEWEST_FREE},
    .order = &order_table,
    .addresses = &address_test,
    .calls = CORE_CALLS,
};
