/* Python 2.7.17: blocks are aligned to 16 bytes. */
#define ALIGNMENT_SHIFT         4
#define SMALL_REQUEST_THRESHOLD 512
#define POOL_BITS               12
#define ARENA_BITS              18

#include "address_index.h"
#include "preset.h"

const struct preset preset_2_7_17 = {
    .described = {.name = "2.7.17",
                  .pythons = "2.7.17, 2.7.18, 3.6.15, 3.7.16",
                  PRESET_SIZES,
                  .backing = PYMALLOC_BACKING_MMAP,
                  .release = PYMALLOC_RELEASE_EMPTY,
                  .order = PYMALLOC_ORDER_FEWEST_FREE},
    .order = &order_scan,
    .addresses = &address_test,
    .calls = CORE_CALLS,
};
