/* Named lists of workloads. */
#include "suites.h"

#include <stddef.h>
#include <string.h>

const struct suite suites[] = {
    {.name = "headline",
     .summary = "one of each: a finished peak, a few survivors, load that "
                "comes and goes, shifting sizes, a cache that shrinks",
     .workloads = "fill_drain,survivors,sawtooth+live=150M+cycles=3,"
                  "size_class_shift+live=25M,"
                  "block_cache+live=128M+replacements=150000"},
    {.name = "release",
     .summary = "does memory come back, and at what price",
     .workloads = "fill_drain,survivors,top_pin,interleave,mmap_threshold,"
                  "sawtooth,arena_thrash,large_churn,two_allocators"},
    {.name = "fragmentation",
     .summary = "how much more is taken than was asked for",
     .workloads = "survivors,size_class_shift,size_shift_cache,"
                  "random_delete,block_cache,server_mix,aligned_interleave,"
                  "realloc_growth,robson"},
    {.name = "python",
     .summary = "what Python programs ask for, and what was mended there",
     .workloads = "python_objects,python_trace,typed_free_lists,"
                  "arena_scaling,arena_thrash"},
    {.name = "threads",
     .summary = "arenas of idle threads, purges that wait for their owner, "
                "threads that only release, processes that share a heap",
     .workloads = "request_burst,idle_owner,producer_consumer,thread_churn,"
                  "sawtooth_threads,prefork"},
    {.name = "stalls",
     .summary = "how long single calls take, and what the kernel is asked "
                "for meanwhile",
     .workloads = "fill_drain+order=shuffled,sawtooth,size_class_shift,"
                  "block_cache,large_churn",
     .kinds = "stalls,traffic"},
    {.name = "all", .summary = "every workload", .workloads = "*"},
    {.name = NULL},
};

const struct suite *find_suite(const char *name)
{
    for (const struct suite *suite = suites; suite->name; suite++) {
        if (strcmp(suite->name, name) == 0) {
            return suite;
        }
    }
    return NULL;
}

const char *const default_kinds = "memory,timing";

const char *const default_allocators =
    "pymalloc:2.3,pymalloc:3.10,pymalloc:3.10+release=never,system,jemalloc,"
    "mimalloc";
