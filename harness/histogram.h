/* Log-linear buckets: a histogram of durations over all magnitudes.
 *
 * Values below HISTOGRAM_PLAIN have a bucket each; above, every power of
 * two is cut into HISTOGRAM_STEPS equal buckets, so a bucket is never wider
 * than 1/64 of its least value: the idea of HdrHistogram (Gil Tene, 2012).
 */
#ifndef GIVEBACK_HISTOGRAM_H
#define GIVEBACK_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum {
    HISTOGRAM_STEP_BITS = 6,
    HISTOGRAM_STEPS = 1 << HISTOGRAM_STEP_BITS,
    HISTOGRAM_PLAIN = 2 * HISTOGRAM_STEPS,
    HISTOGRAM_BITS = 42, /* of nanoseconds: 73 minutes */
    HISTOGRAM_BUCKETS =
        HISTOGRAM_STEPS * (HISTOGRAM_BITS - HISTOGRAM_STEP_BITS + 1),
};

/* The bucket of a value; all that is too large shares the last. */
static inline size_t histogram_bucket(uint64_t value)
{
    if (value < HISTOGRAM_PLAIN) {
        return value;
    }
    if (value >> HISTOGRAM_BITS) {
        return HISTOGRAM_BUCKETS - 1;
    }
    const unsigned shift =
        63U - HISTOGRAM_STEP_BITS - (unsigned)__builtin_clzll(value);
    return (size_t)shift * HISTOGRAM_STEPS + (value >> shift);
}

/* The least value of a bucket. */
static inline uint64_t histogram_least(size_t bucket)
{
    if (bucket < HISTOGRAM_PLAIN) {
        return bucket;
    }
    const size_t shift = bucket / HISTOGRAM_STEPS - 1;
    return (uint64_t)(bucket - shift * HISTOGRAM_STEPS) << shift;
}

#endif
