/* Python 3.9: one empty arena is kept. */
#define ALIGNMENT_SHIFT         4
#define SMALL_REQUEST_THRESHOLD 512
#define POOL_BITS               12
#define ARENA_BITS              18

#include "address_index.h"
#include "preset.h"

const struct preset preset_3_9 = {
    .described = {.name = "3.9",
                  .pythons = "3.9",
                  PRESET_SIZES,
                  .backing = PYMALLOC_BACKING_MMAP,
                  .release = PYMALLOC_RELEASE_KEEP_ONE,
                  .order = PYMALLOC_ORDER_FEWEST_FREE},
    .order = &order_table,
    .addresses = &address_test,
    .calls = CORE_CALLS,
};
