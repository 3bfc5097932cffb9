/* The calls of C's malloc family as binding rows. */
#include "standard_calls.h"

const struct private_binding standard_calls[] = {
    {"malloc", offsetof(struct allocator_calls, alloc), false},
    {"free", offsetof(struct allocator_calls, release), false},
    {"calloc", offsetof(struct allocator_calls, alloc_zeroed), true},
    {"realloc", offsetof(struct allocator_calls, resize), true},
    {"aligned_alloc", offsetof(struct allocator_calls, alloc_aligned), true},
    {"malloc_usable_size", offsetof(struct allocator_calls, usable_size),
     true},
    {NULL, 0, false},
};
