/* Python 2.3 and 2.4: arenas are never given back. */
#define ALIGNMENT_SHIFT         3
#define SMALL_REQUEST_THRESHOLD 256
#define POOL_BITS               12
#define ARENA_BITS              18

#include "address_index.h"
#include "preset.h"

const struct preset preset_2_3 = {
    .described = {.name = "2.3",
                  .pythons = "2.3, 2.4",
                  PRESET_SIZES,
                  .backing = PYMALLOC_BACKING_MALLOC,
                  .release = PYMALLOC_RELEASE_NEVER},
    .order = &order_newest,
    .addresses = &address_test,
    .calls = CORE_CALLS,
};
