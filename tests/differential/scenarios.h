/* Call sequences that drive every rule of the allocator. */
#ifndef GIVEBACK_DIFFERENTIAL_SCENARIOS_H
#define GIVEBACK_DIFFERENTIAL_SCENARIOS_H

#include "twin.h"

struct scenario {
    const char *name;
    void (*run)(struct twin *twin, size_t blocks); /* leaves no block live */
};

extern const struct scenario scenarios[]; /* ends in an empty row */

#endif
