/* A seeded random stream: the same seed gives the same numbers everywhere.
 *
 * xoshiro256** by Blackman and Vigna ("Scrambled linear pseudorandom number
 * generators", ACM TOMS 47(4), 2021), seeded by splitmix64 (Steele, Lea and
 * Flood, OOPSLA 2014) as its authors advise. Copy it into a local variable
 * before a hot loop, so that its state lives in registers.
 */
#ifndef GIVEBACK_API_RANDOM_H
#define GIVEBACK_API_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state[4];
};

static inline uint64_t random_splitmix(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline struct random random_seeded(uint64_t seed)
{
    struct random random;
    for (int i = 0; i < 4; i++) {
        random.state[i] = random_splitmix(&seed);
    }
    return random;
}

static inline uint64_t random_rotate(uint64_t value, int bits)
{
    return (value << bits) | (value >> (64 - bits));
}

/* Uniform over all 64-bit numbers. */
static inline uint64_t random_next(struct random *random)
{
    uint64_t *s = random->state;
    const uint64_t result = random_rotate(s[1] * 5, 7) * 9;
    const uint64_t shifted = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = random_rotate(s[3], 45);
    return result;
}

/* Uniform over 0 .. bound-1, without bias; bound > 0. Lemire, "Fast random
 * integer generation in an interval", ACM TOMACS 29(1), 2019. */
static inline uint64_t random_below(struct random *random, uint64_t bound)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)random_next(random) * bound;
    if ((uint64_t)product < bound) {
        const uint64_t threshold = -bound % bound;
        while ((uint64_t)product < threshold) {
            product = (wide)random_next(random) * bound;
        }
    }
    return (uint64_t)(product >> 64);
}

#endif
