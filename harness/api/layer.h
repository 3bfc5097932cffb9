/* The contract of a layer: what allocators/layers/NAME.c offers.
 *
 * A layer stands between the workload and whatever allocator the user names.
 * allocators/layers/NAME.c defines `const struct layer layer_NAME`; the build
 * finds it by its file name, nothing else is edited, and every allocator then
 * takes the layer's settings (`system+free_list=100`).
 *
 * Invariant: what a layer does not answer itself goes to the allocator below
 * unchanged, sizes included, or it would be another allocator's figure. Its
 * own memory is scratch, resident before the base sample. An allocator that
 * may answer several requests with one block (CAN_REPEAT) wears no layer.
 */
#ifndef GIVEBACK_API_LAYER_H
#define GIVEBACK_API_LAYER_H

#include "allocator.h"
#include "parameter.h"
#include "status.h"

/* `bytes` of zeroed scratch until the process ends; NULL when the machine has
 * no more, the reason written. */
typedef void *layer_scratch(size_t bytes, struct reason *reason);

struct layer {
    const char *name, *summary;
    /* The first has the layer's name; while it has its preset, the layer is
     * not worn and costs nothing. */
    const struct parameter *parameters;
    unsigned takes; /* capabilities that are lost under it, declared ones */

    /* Puts itself between: changes the calls it answers, and keeps those
     * below. A call that becomes NULL is a capability lost. Called once,
     * after the allocator was attached and before the base sample.
     * STATUS_FAILED with the reason where it cannot be. */
    enum status (*put_on)(struct allocator_calls *calls,
                          const struct settings *settings,
                          layer_scratch *scratch, struct reason *reason);
};

#endif
