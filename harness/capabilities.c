/* What an allocator can do: declared, or told by the calls it has. */
#include "capabilities.h"

const char *const capability_names[] = {
    "threads",
    "fork",
    "zeroed allocation",
    "resize",
    "aligned allocation",
    "usable size",
    "purge",
    "statistics",
    "inspection",
    "repeated blocks",
    NULL,
};

unsigned capabilities_of(const struct allocator *allocator,
                         const struct allocator_calls *calls)
{
    return allocator->capabilities | calls->capabilities |
           (calls->alloc_zeroed ? CAN_ZEROED : 0U) |
           (calls->resize ? CAN_RESIZE : 0U) |
           (calls->alloc_aligned ? CAN_ALIGNED : 0U) |
           (calls->usable_size ? CAN_USABLE_SIZE : 0U) |
           (calls->purge ? CAN_PURGE : 0U) | (calls->stats ? CAN_STATS : 0U) |
           (calls->inspect ? CAN_INSPECT : 0U);
}
