/* Sizes that are fields of the instance; arenas are found by their index. */
#include "fields.h"

#include "address_index.h"
#include "core.h"

const struct preset fields_index = {
    .addresses = &address_test,
    .calls = CORE_CALLS,
};
