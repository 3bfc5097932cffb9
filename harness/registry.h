/* The tables of plug-ins that the build generates (cmake/Registry.cmake). */
#ifndef GIVEBACK_REGISTRY_H
#define GIVEBACK_REGISTRY_H

#include "allocator.h"
#include "workload.h"

extern const struct allocator *const allocators[]; /* ends in NULL */
extern const struct workload *const workloads[];   /* ends in NULL */

#endif
