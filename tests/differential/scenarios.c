/* Call sequences that drive every rule of the allocator. */
#include "scenarios.h"

#define SMALL_MAX 512
#define MIXED_MAX 1200

static size_t below(struct twin *twin, size_t bound)
{
    return (size_t)random_below(&twin->random, bound);
}

static size_t small_size(struct twin *twin)
{
    return 1 + below(twin, SMALL_MAX);
}

static void fill(struct twin *twin, size_t blocks, size_t size)
{
    for (size_t i = 0; i < blocks; i++) {
        twin_malloc(twin, size);
    }
}

static void free_last(struct twin *twin, size_t blocks)
{
    for (size_t i = 0; i < blocks && twin->pair_count > 0; i++) {
        twin_free(twin, twin->pair_count - 1);
    }
}

static void free_random(struct twin *twin, size_t blocks)
{
    for (size_t i = 0; i < blocks && twin->pair_count > 0; i++) {
        twin_free(twin, below(twin, twin->pair_count));
    }
}

static void fifo(struct twin *twin, size_t blocks)
{
    fill(twin, blocks, small_size(twin));
    twin_free_all(twin);
}

static void lifo(struct twin *twin, size_t blocks)
{
    fill(twin, blocks, small_size(twin));
    free_last(twin, blocks);
}

static void shuffled(struct twin *twin, size_t blocks)
{
    fill(twin, blocks, small_size(twin));
    free_random(twin, blocks);
}

/* Frees all but every `stride`-th block, in the order they were made. */
static void thin(struct twin *twin, size_t stride)
{
    const size_t count = twin->pair_count;
    size_t kept = 0;
    struct pair *pairs = twin->pairs;
    for (size_t i = 0; i < count; i++) {
        const struct pair pair = pairs[i];
        if (i % stride == 0) {
            pairs[kept++] = pair;
            continue;
        }
        /* twin_free closes the gap with the last pair: put this one there */
        twin->pair_count = i + 1;
        twin_free(twin, i);
    }
    twin->pair_count = kept;
}

static void survivors(struct twin *twin, size_t blocks)
{
    fill(twin, blocks, small_size(twin));
    thin(twin, 1000);
    fill(twin, blocks / 2, small_size(twin));
    thin(twin, 1000);
    fill(twin, blocks / 2, small_size(twin));
    free_random(twin, twin->pair_count);
}

static void mixed_call(struct twin *twin, size_t blocks)
{
    const size_t count = twin->pair_count;
    const size_t choice = below(twin, 100);
    if (count == 0 || (choice < 45 && count < blocks)) {
        twin_malloc(twin, below(twin, MIXED_MAX + 1));
    } else if (choice < 48 && count < blocks) {
        twin_calloc(twin, below(twin, 40), below(twin, 40));
    } else if (choice < 65) {
        twin_realloc(twin, below(twin, count), below(twin, MIXED_MAX + 1));
    } else if (choice < 66) {
        twin_free_null(twin);
    } else {
        twin_free(twin, below(twin, count));
    }
}

static void mixed(struct twin *twin, size_t blocks)
{
    fill(twin, blocks / 8, 0);
    for (size_t i = 0; i < 4 * blocks; i++) {
        mixed_call(twin, blocks / 4);
    }
    free_random(twin, twin->pair_count);
}

/* Every block shrinks, by little and by much, and some grow again. */
static void shrink_waves(struct twin *twin, size_t blocks)
{
    for (size_t i = 0; i < blocks / 4; i++) {
        twin_malloc(twin, SMALL_MAX - below(twin, 64));
    }
    for (int wave = 0; wave < 6; wave++) {
        for (size_t i = 0; i < twin->pair_count; i++) {
            const size_t size = twin->pairs[i].size;
            const size_t cut = below(twin, 2) == 0 ? size / 16 : size / 3;
            twin_realloc(twin, i, size - cut);
        }
    }
    for (size_t i = 0; i < twin->pair_count; i += 3) {
        twin_realloc(twin, i, small_size(twin));
    }
    free_random(twin, twin->pair_count);
}

/* Classes drain one after the other, pools change their class. */
static void size_shift(struct twin *twin, size_t blocks)
{
    for (size_t size = 16; size <= SMALL_MAX; size += 48) {
        fill(twin, blocks / 8, size);
        free_random(twin, twin->pair_count - twin->pair_count / 100);
    }
    free_last(twin, twin->pair_count);
}

/* Runs of neighbours are freed here and there, so that pools empty in all
 * arenas at once and usable_arenas is reordered all the time. */
static void free_runs(struct twin *twin, size_t blocks, size_t run)
{
    for (size_t freed = 0; freed < blocks; freed += run) {
        size_t index = below(twin, twin->pair_count - run) + run;
        for (size_t i = 0; i < run; i++) {
            twin_free(twin, index--);
        }
    }
}

static void sawtooth(struct twin *twin, size_t blocks)
{
    fill(twin, blocks, small_size(twin));
    for (int wave = 0; wave < 4; wave++) {
        free_runs(twin, blocks / 2, blocks / 40);
        fill(twin, blocks / 2, small_size(twin));
        free_runs(twin, blocks / 4, 40);
        fill(twin, blocks / 4, small_size(twin));
    }
    twin_free_all(twin);
}

/* One block goes and comes at the edge of an arena. */
static void thrash(struct twin *twin, size_t blocks)
{
    const size_t size = small_size(twin);
    fill(twin, 100, size);
    const uint64_t arenas = twin->our_slots.taken_total;
    for (size_t i = 0; i < 200000 && twin->our_slots.taken_total < arenas + 2;
         i++) {
        twin_malloc(twin, size);
    }
    for (size_t i = 0; i < blocks; i++) {
        const size_t swing = 1 + below(twin, 3);
        free_last(twin, swing);
        fill(twin, swing, size);
    }
    twin_free_all(twin);
}

/* Arenas are refused now and then: requests fall through to raw. */
static void refused_arenas(struct twin *twin, size_t blocks)
{
    const unsigned every = 2 + (unsigned)below(twin, 3);
    twin->our_slots.refuse_every = twin->their_slots.refuse_every = every;
    twin->our_slots.requests = twin->their_slots.requests = 0;
    for (size_t i = 0; i < 2 * blocks; i++) {
        if (twin->pair_count == 0 || below(twin, 100) < 70) {
            twin_malloc(twin, small_size(twin));
        } else {
            twin_free(twin, below(twin, twin->pair_count));
        }
    }
    twin->our_slots.refuse_every = twin->their_slots.refuse_every = 0;
    free_random(twin, twin->pair_count);
}

const struct scenario scenarios[] = {
    {"fifo", fifo},
    {"lifo", lifo},
    {"shuffled", shuffled},
    {"survivors", survivors},
    {"mixed", mixed},
    {"shrink_waves", shrink_waves},
    {"size_shift", size_shift},
    {"sawtooth", sawtooth},
    {"thrash", thrash},
    {"refused_arenas", refused_arenas},
    {0},
};
