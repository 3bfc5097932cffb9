/* The tables of plug-ins that the build generates (cmake/Registry.cmake). */
#ifndef GIVEBACK_REGISTRY_H
#define GIVEBACK_REGISTRY_H

#include "allocator.h"
#include "layer.h"
#include "workload.h"

/* Each ends in NULL. */
extern const struct allocator *const allocators[];
extern const struct layer *const layers[];
extern const struct workload *const workloads[];

#endif
