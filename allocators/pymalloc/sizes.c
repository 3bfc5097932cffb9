/* The sizes of an instance: a preset's, or fields where an option differs. */
#include "heap.h"

#define PAGE_BYTES ((size_t)4096)
#define ARENA_BYTES_MIN                                                       \
    ((size_t)8 << 10) /* ARENA_BITS_MIN of fields_radix                       \
                       */
#define ARENA_BYTES_MAX                                                       \
    ((size_t)1 << 30)                /* the radix tree's tails: 31 bits       \
                                      */
#define ALIGNMENT_MAX   ((size_t)64) /* of a pool's header: two lines */
#define POOLS_PER_ARENA 4
#define BLOCKS_PER_POOL 2 /* a pool that is opened has a second block */

static bool is_power_of_two(size_t number)
{
    return number != 0 && (number & (number - 1)) == 0;
}

static size_t chosen(size_t option, size_t preset)
{
    return option != 0 ? option : preset;
}

/* NULL, or what is wrong with the sizes. */
static const char *judge(const struct pymalloc_preset *sizes)
{
    if (!is_power_of_two(sizes->alignment_bytes) ||
        !is_power_of_two(sizes->pool_bytes) ||
        !is_power_of_two(sizes->arena_bytes)) {
        return "alignment, pool and arena must be powers of two: they are "
               "found by masking addresses";
    }
    if (sizes->alignment_bytes < sizeof(struct block) ||
        sizes->alignment_bytes > ALIGNMENT_MAX) {
        return "the alignment must be 8, 16, 32 or 64: a free block holds a "
               "link of 8 bytes";
    }
    if (sizes->threshold_bytes % sizes->alignment_bytes != 0 ||
        sizes->threshold_bytes / sizes->alignment_bytes >
            PYMALLOC_CLASSES_MAX) {
        return "the threshold must be a multiple of the alignment, at most "
               "512 of it: each step is a size class";
    }
    if (sizes->arena_bytes < ARENA_BYTES_MIN ||
        sizes->arena_bytes > ARENA_BYTES_MAX) {
        return "an arena must have 8 KiB to 1 GiB";
    }
    if (sizes->arena_bytes / POOLS_PER_ARENA < sizes->pool_bytes) {
        return "an arena must have at least four pools: a misaligned one "
               "loses one, and one that is not full must not be empty";
    }
    if (sizes->pool_bytes <
        sizes->pool_header_bytes + BLOCKS_PER_POOL * sizes->threshold_bytes) {
        return "a pool must have room for its header and two blocks of the "
               "threshold";
    }
    return NULL;
}

static size_t header_bytes(size_t alignment_bytes)
{
    const size_t steps =
        (sizeof(struct pool) + alignment_bytes - 1) / alignment_bytes;
    return steps * alignment_bytes;
}

static bool differ(const struct pymalloc_preset *one,
                   const struct pymalloc_preset *other)
{
    return one->alignment_bytes != other->alignment_bytes ||
           one->threshold_bytes != other->threshold_bytes ||
           one->pool_bytes != other->pool_bytes ||
           one->arena_bytes != other->arena_bytes;
}

static unsigned bits_of(size_t power_of_two)
{
    return (unsigned)__builtin_ctzll(power_of_two);
}

/* Pools larger than a page can only be found by the radix tree, whatever the
 * preset does. */
static void instantiate(struct preset *preset, bool was_radix)
{
    const struct preset *instance =
        was_radix || preset->described.pool_bytes > PAGE_BYTES ? &fields_radix
                                                               : &fields_index;
    preset->addresses = instance->addresses;
    preset->calls = instance->calls;
}

const char *choose_sizes(struct preset *preset, struct fields *fields,
                         const struct pymalloc_options *options)
{
    struct pymalloc_preset *sizes = &preset->described;
    const struct pymalloc_preset before = *sizes;
    sizes->alignment_bytes =
        chosen(options->alignment_bytes, before.alignment_bytes);
    sizes->threshold_bytes =
        chosen(options->threshold_bytes, before.threshold_bytes);
    sizes->pool_bytes = chosen(options->pool_bytes, before.pool_bytes);
    sizes->arena_bytes = chosen(options->arena_bytes, before.arena_bytes);
    if (!differ(sizes, &before)) {
        return NULL;
    }
    if (is_power_of_two(sizes->alignment_bytes)) {
        sizes->pool_header_bytes = header_bytes(sizes->alignment_bytes);
    }
    const char *cause = judge(sizes);
    if (cause != NULL) {
        return cause;
    }
    *fields =
        (struct fields){.alignment_shift = bits_of(sizes->alignment_bytes),
                        .pool_bits = bits_of(sizes->pool_bytes),
                        .arena_bits = bits_of(sizes->arena_bytes),
                        .threshold_bytes = sizes->threshold_bytes};
    instantiate(preset, before.pool_bytes > PAGE_BYTES);
    return NULL;
}
