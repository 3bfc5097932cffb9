/* Named lists of workloads. */
#include "suites.h"

#include <stddef.h>

const struct suite suites[] = {
    {.name = "headline",
     .summary = "does a finished peak come back, and what do a few survivors "
                "pin",
     .workloads = "fill_drain,survivors"},
    {.name = NULL},
};

const char *const default_allocators =
    "pymalloc:2.3,pymalloc:3.10,pymalloc:3.10+release=never,system,jemalloc,"
    "mimalloc";
