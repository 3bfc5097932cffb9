/* Mixtures of block sizes: ranges with their shares of the requests.
 *
 * Integers only, so that a seed gives the same sizes on every machine.
 */
#ifndef GIVEBACK_SUPPORT_SIZE_MIX_H
#define GIVEBACK_SUPPORT_SIZE_MIX_H

#include <stddef.h>
#include <stdint.h>

#include "random.h"

enum { SIZE_MIX_WHOLE = 10000 }; /* what the shares of a mixture add up to */

/* Sizes from `minimum` to `maximum` in steps of `step`, each as often as the
 * others. Tables end in an empty row. */
struct size_range {
    uint32_t share;
    uint32_t minimum, maximum, step; /* bytes */
};

/* One size of the mixture, in bytes. */
size_t size_mix_draw(const struct size_range *mix, struct random *random);

#endif
