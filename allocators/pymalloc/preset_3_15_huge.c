/* Python 3.15 built with huge pages: an arena is one. */
#define ALIGNMENT_SHIFT         4
#define SMALL_REQUEST_THRESHOLD 512
#define POOL_BITS               14
#define ARENA_BITS              21

#include "address_radix.h"
#include "preset.h"

const struct preset preset_3_15_huge = {
    .described = {.name = "3.15-huge",
                  .pythons = "3.15 with huge pages",
                  PRESET_SIZES,
                  .backing = PYMALLOC_BACKING_HUGE,
                  .release = PYMALLOC_RELEASE_KEEP_ONE,
                  .order = PYMALLOC_ORDER_FEWEST_FREE},
    .order = &order_table,
    .addresses = &address_test,
    .calls = CORE_CALLS,
};
