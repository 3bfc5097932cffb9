/* What the first bytes of an input choose. */
#include "pymalloc_choices.h"

#define KIB     ((size_t)1024)
#define HOUR_NS ((uint64_t)3600 * 1000000000U)

/* Python's constants again, and its rules. */
static const struct preset {
    const char *name;
    size_t threshold, alignment, pool, arena;
    enum model_order order;
    bool counts_steps;
    enum model_release release;
    bool has_tree;
} presets[] = {
    {"2.3", 256, 8, 4 * KIB, 256 * KIB, MODEL_NEWEST, false, MODEL_NEVER,
     false},
    {"2.5", 256, 8, 4 * KIB, 256 * KIB, MODEL_FEWEST, true, MODEL_EMPTY,
     false},
    {"2.7", 512, 8, 4 * KIB, 256 * KIB, MODEL_FEWEST, true, MODEL_EMPTY,
     false},
    {"2.7.17", 512, 16, 4 * KIB, 256 * KIB, MODEL_FEWEST, true, MODEL_EMPTY,
     false},
    {"3.8", 512, 16, 4 * KIB, 256 * KIB, MODEL_FEWEST, false, MODEL_EMPTY,
     false},
    {"3.9", 512, 16, 4 * KIB, 256 * KIB, MODEL_FEWEST, false, MODEL_KEEP_LAST,
     false},
    {"3.10", 512, 16, 16 * KIB, 1024 * KIB, MODEL_FEWEST, false,
     MODEL_KEEP_LAST, true},
    {"3.15", 512, 16, 16 * KIB, 1024 * KIB, MODEL_FEWEST, false,
     MODEL_KEEP_LAST, true},
    {"3.15-huge", 512, 16, 16 * KIB, 2048 * KIB, MODEL_FEWEST, false,
     MODEL_KEEP_LAST, true},
};

enum {
    PRESETS = sizeof presets / sizeof presets[0],
    PRESETS_WITH_TREE = 3, /* the last ones */
};

static size_t either(size_t option, size_t preset)
{
    return option != 0 ? option : preset;
}

static size_t power_above(size_t bytes)
{
    size_t power = 1;
    while (power < bytes) {
        power *= 2;
    }
    return power;
}

static size_t header_bytes(size_t alignment)
{
    return (48 + alignment - 1) / alignment * alignment;
}

/* Sizes as small as they may be, or pools of `most` bytes and more of them. */
static void choose_tiny_sizes(struct pymalloc_options *options, size_t most,
                              uint8_t byte)
{
    static const uint8_t alignments[] = {8, 16, 16, 8, 32, 64, 8, 16};
    const size_t alignment = alignments[byte & 7];
    const size_t threshold = (size_t)64 << (byte >> 3 & 3);
    const size_t least = power_above(header_bytes(alignment) + 2 * threshold);
    const size_t pool = byte >> 5 & 1 ? most : least;
    const size_t arena = pool < 2 * KIB ? 8 * KIB : 4 * pool;
    options->alignment_bytes = alignment;
    options->threshold_bytes = threshold;
    options->pool_bytes = pool;
    options->arena_bytes = arena << (byte >> 6);
}

/* Any sizes: most cannot be. */
static void choose_wild_sizes(struct pymalloc_options *options,
                              struct input *input)
{
    const uint8_t alignment = next_byte(input);
    const uint8_t threshold = next_byte(input);
    const uint8_t pool = next_byte(input);
    const uint8_t arena = next_byte(input);
    options->alignment_bytes =
        alignment & 128 ? alignment : (size_t)1 << (alignment & 7);
    options->threshold_bytes = (size_t)threshold << (threshold & 7);
    options->pool_bytes = ((size_t)1 << (pool & 63)) + (pool >> 7);
    options->arena_bytes = ((size_t)1 << (arena & 63)) + (arena >> 7);
}

static bool is_power(size_t number)
{
    return number > 0 && (number & (number - 1)) == 0;
}

/* What pymalloc.h and its reasons ask of sizes. */
static bool may_be(const struct model_rules *rules)
{
    return is_power(rules->alignment) && rules->alignment >= 8 &&
           rules->alignment <= 64 && is_power(rules->pool) &&
           is_power(rules->arena) && rules->arena >= 8 * KIB &&
           rules->arena <= 1024 * KIB * 1024 &&
           rules->pool <= rules->arena / 4 &&
           rules->threshold % rules->alignment == 0 &&
           rules->threshold / rules->alignment <= PYMALLOC_CLASSES_MAX &&
           rules->header + 2 * rules->threshold <= rules->pool;
}

static enum model_order order_of(const struct choices *choices)
{
    switch (choices->options.order) {
    case PYMALLOC_ORDER_FEWEST_FREE:
        return MODEL_FEWEST;
    case PYMALLOC_ORDER_LIFO:
        return MODEL_LIFO;
    case PYMALLOC_ORDER_MOST_FREE:
        return MODEL_MOST;
    default:
        return choices->preset->order;
    }
}

static void set_release(struct choices *choices)
{
    struct model_rules *rules = &choices->rules;
    const struct pymalloc_options *options = &choices->options;
    const enum model_release releases[] = {
        [PYMALLOC_RELEASE_PRESET] = choices->preset->release,
        [PYMALLOC_RELEASE_NEVER] = MODEL_NEVER,
        [PYMALLOC_RELEASE_EMPTY] = MODEL_EMPTY,
        [PYMALLOC_RELEASE_KEEP_ONE] = MODEL_KEEP_LAST,
        [PYMALLOC_RELEASE_KEEP_K] = MODEL_KEEP,
        [PYMALLOC_RELEASE_MADVISE] = MODEL_PURGE,
        [PYMALLOC_RELEASE_DELAYED] = MODEL_PURGE,
    };
    rules->release = releases[options->release];
    rules->keep = options->keep_arenas;
    if (rules->release == MODEL_KEEP_LAST && rules->order != MODEL_FEWEST) {
        rules->release = MODEL_KEEP;
        rules->keep = 1;
    }
    choices->is_refused =
        !may_be(rules) ||
        (rules->order == MODEL_NEWEST && rules->release != MODEL_NEVER) ||
        (rules->release == MODEL_PURGE && rules->pool % (4 * KIB) != 0);
    if (options->delay_ns > 0) { /* longer than this runs */
        rules->release = MODEL_NEVER;
    }
}

static void set_rules(struct choices *choices)
{
    const struct preset *preset = choices->preset;
    const struct pymalloc_options *options = &choices->options;
    struct model_rules *rules = &choices->rules;
    *rules = (struct model_rules){
        .alignment = either(options->alignment_bytes, preset->alignment),
        .threshold = either(options->threshold_bytes, preset->threshold),
        .pool = either(options->pool_bytes, preset->pool),
        .arena = either(options->arena_bytes, preset->arena),
        .order = order_of(choices),
    };
    rules->header = header_bytes(rules->alignment);
    rules->pools = rules->arena / rules->pool - (choices->offset > 0);
    rules->counts_steps =
        rules->order == MODEL_MOST ||
        (rules->order == MODEL_FEWEST && preset->counts_steps);
    rules->needs_nodes = preset->has_tree || rules->pool > 4 * KIB;
    rules->arenas_max = options->memory_limit_bytes > 0
                            ? options->memory_limit_bytes / rules->arena
                            : SIZE_MAX;
    set_release(choices);
    choices->is_small = !choices->is_refused && rules->pools <= MODEL_POOLS &&
                        rules->threshold / rules->alignment <= MODEL_CLASSES &&
                        rules->pool <= 16 * KIB && rules->arena <= 2048 * KIB;
}

/* Where arenas begin: the base mod the pool size. */
static size_t offset_of(uint8_t byte, size_t pool)
{
    const size_t offsets[] = {0, 16, pool / 2, pool - 16};
    return pool >= 64 ? offsets[byte >> 4 & 3] : 0;
}

/* One input in eight has a preset with a radix tree, whatever its neighbours
 * have: these take several times as long, for the tree's root is mapped. */
static const struct preset *choose_preset(const struct input *input)
{
    const size_t number = input->size > 0 ? input->bytes[0] : 0;
    unsigned sum = 0;
    for (size_t i = 0; i < input->size; i++) {
        sum += input->bytes[i];
    }
    const size_t first = PRESETS - PRESETS_WITH_TREE;
    return sum % 8 == 7 ? &presets[first + number % PRESETS_WITH_TREE]
                        : &presets[number % first];
}

void choose(struct choices *choices, struct input *input)
{
    struct pymalloc_options *options = &choices->options;
    choices->preset = choose_preset(input);
    *options = (struct pymalloc_options){.preset = choices->preset->name};
    const uint8_t sizes = next_byte(input);
    if (sizes >= 2 * PRESETS) {
        const size_t most = choices->preset->pool / 2; /* or 4 KiB */
        choose_tiny_sizes(options, most < 4 * KIB ? 4 * KIB : most,
                          next_byte(input));
    } else if (sizes >= PRESETS) {
        choose_wild_sizes(options, input);
    }
    const uint8_t release = next_byte(input);
    options->release = (enum pymalloc_release)(release % 7);
    if (options->release == PYMALLOC_RELEASE_KEEP_K) {
        options->keep_arenas = 1 + (release >> 6);
    } else if (options->release == PYMALLOC_RELEASE_DELAYED) {
        options->delay_ns = release >> 7 ? HOUR_NS : 0;
    }
    const uint8_t order = next_byte(input);
    options->order = (enum pymalloc_arena_order)(order & 3);
    options->lock = order >> 2 & 1;
    choices->purge_keeps = order >> 3 & 1;
    const size_t arena = either(options->arena_bytes, choices->preset->arena);
    options->memory_limit_bytes = arena / 16 * next_byte(input);
    const size_t pool = either(options->pool_bytes, choices->preset->pool);
    choices->offset = offset_of(order, pool);
    set_rules(choices);
}
