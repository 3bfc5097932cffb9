/* Python 3.10 to 3.14: larger pools and arenas, found by a radix tree. */
#define ALIGNMENT_SHIFT         4
#define SMALL_REQUEST_THRESHOLD 512
#define POOL_BITS               14
#define ARENA_BITS              20

#include "address_radix.h"
#include "preset.h"

const struct preset preset_3_10 = {
    .described = {.name = "3.10",
                  .pythons = "3.10-3.14",
                  PRESET_SIZES,
                  .backing = PYMALLOC_BACKING_MMAP,
                  .release = PYMALLOC_RELEASE_KEEP_ONE,
                  .order = PYMALLOC_ORDER_FEWEST_FREE},
    .order = &order_table,
    .addresses = &address_test,
    .calls = CORE_CALLS,
};
