/* One cell as the worker is told to run it. */
#include "order.h"

const struct order_key order_keys[] = {
    {"allocator", false, offsetof(struct order, allocator)},
    {"workload", false, offsetof(struct order, workload)},
    {"kind", false, offsetof(struct order, kind)},
    {"after", false, offsetof(struct order, after)},
    {"library", false, offsetof(struct order, library)},
    {"version", false, offsetof(struct order, version)},
    {"billed", false, offsetof(struct order, billed)},
    {"seed", true, offsetof(struct order, seed)},
    {"settle_ns", true, offsetof(struct order, settle_ns)},
    {"memory_bytes", true, offsetof(struct order, memory_bytes)},
    {NULL, false, 0},
};
