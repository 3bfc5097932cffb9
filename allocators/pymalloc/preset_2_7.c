/* Python 2.7.7: arenas are mapped, requests up to 512 bytes are small. */
#define ALIGNMENT_SHIFT         3
#define SMALL_REQUEST_THRESHOLD 512
#define POOL_BITS               12
#define ARENA_BITS              18

#include "address_index.h"
#include "preset.h"

const struct preset preset_2_7 = {
    .described = {.name = "2.7",
                  .pythons = "2.7.7-2.7.16, 3.3-3.6",
                  PRESET_SIZES,
                  .backing = PYMALLOC_BACKING_MMAP,
                  .release = PYMALLOC_RELEASE_EMPTY,
                  .order = PYMALLOC_ORDER_FEWEST_FREE},
    .order = &order_scan,
    .addresses = &address_test,
    .calls = CORE_CALLS,
};
