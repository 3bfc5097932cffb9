/* Layers between the workload and the allocator: who wears which. */
#ifndef GIVEBACK_LAYERS_H
#define GIVEBACK_LAYERS_H

#include "resolve.h"

/* Puts an allocator in the place of the chosen one that attaches it and then
 * puts the layers on that its settings name; leaves it alone where they name
 * none. In the worker, once: a process measures one allocator. */
void layers_wear(struct chosen_allocator *chosen);

/* The calls below the layers that were put on: those of the allocator itself,
 * which are what its identity is proven by. `calls` where none was. */
const struct allocator_calls *
layers_below(const struct allocator_calls *calls);

#endif
