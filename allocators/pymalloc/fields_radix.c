/* Sizes that are fields of the instance; arenas are found by a radix tree. */
#include "fields.h"

#define ARENA_BITS_MIN 13 /* what sizes.c allows */

#include "address_radix.h"
#include "core.h"

const struct preset fields_radix = {
    .addresses = &address_test,
    .calls = CORE_CALLS,
};
