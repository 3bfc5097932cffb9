/* Mixtures of block sizes: ranges with their shares of the requests. */
#include "size_mix.h"

#include <assert.h>

size_t size_mix_draw(const struct size_range *mix, struct random *random)
{
    uint64_t left = random_below(random, SIZE_MIX_WHOLE);
    while (left >= mix->share) {
        left -= mix->share;
        mix++;
        assert(mix->share > 0);
    }
    const uint32_t sizes = (mix->maximum - mix->minimum) / mix->step + 1;
    return mix->minimum + random_below(random, sizes) * mix->step;
}
