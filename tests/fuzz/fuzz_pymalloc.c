/* pymalloc: options and calls, against a shadow model of its rules.
 *
 * The first bytes choose a preset, other sizes, a release, an order, a limit
 * and what fails; each of the rest is a call or a run of calls. Arenas are
 * tiny, so few calls reach every path. After each call the block must be
 * where the model says, the same arenas must have come and gone, and what
 * stands in live blocks must stay.
 */
#include "fuzz.h"
#include "pymalloc.h"
#include "pymalloc_compare.h"
#include "pymalloc_model.h"
#include "pymalloc_world.h"

#include <stdbool.h>

#define KIB     ((size_t)1024)
#define HOUR_NS ((uint64_t)3600 * 1000000000U)

enum {
    LIVE_MAX = 320,
    CALLS_MAX = 320, /* of a run: time goes with them */
    LOG_EVENTS = 32,
};

/* ---- options ------------------------------------------------------------ */

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

/* The input, byte after byte; zeros behind its end. */
struct input {
    const uint8_t *bytes;
    size_t size;
};

static uint8_t next_byte(struct input *input)
{
    if (input->size == 0) {
        return 0;
    }
    input->size--;
    return *input->bytes++;
}

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
           rules->arena <= 1024 * 1024 * KIB &&
           rules->pool <= rules->arena / 4 &&
           rules->threshold % rules->alignment == 0 &&
           rules->threshold / rules->alignment <= PYMALLOC_CLASSES_MAX &&
           rules->header + 2 * rules->threshold <= rules->pool;
}

/* What was chosen, for both. */
struct chosen {
    const struct preset *preset;
    struct pymalloc_options options;
    struct model_rules rules;
    size_t offset; /* base mod pool */
    bool purge_keeps;
    bool is_refused;
    bool is_small; /* enough for the model */
};

static enum model_order order_of(const struct chosen *chosen)
{
    switch (chosen->options.order) {
    case PYMALLOC_ORDER_FEWEST_FREE:
        return MODEL_FEWEST;
    case PYMALLOC_ORDER_LIFO:
        return MODEL_LIFO;
    case PYMALLOC_ORDER_MOST_FREE:
        return MODEL_MOST;
    default:
        return chosen->preset->order;
    }
}

static void set_release(struct chosen *chosen)
{
    struct model_rules *rules = &chosen->rules;
    const struct pymalloc_options *options = &chosen->options;
    const enum model_release releases[] = {
        [PYMALLOC_RELEASE_PRESET] = chosen->preset->release,
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
    chosen->is_refused =
        !may_be(rules) ||
        (rules->order == MODEL_NEWEST && rules->release != MODEL_NEVER) ||
        (rules->release == MODEL_PURGE && rules->pool % (4 * KIB) != 0);
    if (options->delay_ns > 0) { /* longer than this runs */
        rules->release = MODEL_NEVER;
    }
}

static void set_rules(struct chosen *chosen)
{
    const struct preset *preset = chosen->preset;
    const struct pymalloc_options *options = &chosen->options;
    struct model_rules *rules = &chosen->rules;
    *rules = (struct model_rules){
        .alignment = either(options->alignment_bytes, preset->alignment),
        .threshold = either(options->threshold_bytes, preset->threshold),
        .pool = either(options->pool_bytes, preset->pool),
        .arena = either(options->arena_bytes, preset->arena),
        .order = order_of(chosen),
    };
    rules->header = header_bytes(rules->alignment);
    rules->pools = rules->arena / rules->pool - (chosen->offset > 0);
    rules->counts_steps =
        rules->order == MODEL_MOST ||
        (rules->order == MODEL_FEWEST && preset->counts_steps);
    rules->needs_nodes = preset->has_tree || rules->pool > 4 * KIB;
    rules->arenas_max = options->memory_limit_bytes > 0
                            ? options->memory_limit_bytes / rules->arena
                            : SIZE_MAX;
    set_release(chosen);
    chosen->is_small = !chosen->is_refused && rules->pools <= MODEL_POOLS &&
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

static void choose(struct chosen *chosen, struct input *input)
{
    struct pymalloc_options *options = &chosen->options;
    chosen->preset = choose_preset(input);
    *options = (struct pymalloc_options){.preset = chosen->preset->name};
    const uint8_t sizes = next_byte(input);
    if (sizes >= 2 * PRESETS) {
        const size_t most = chosen->preset->pool / 2; /* or 4 KiB */
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
    chosen->purge_keeps = order >> 3 & 1;
    const size_t arena = either(options->arena_bytes, chosen->preset->arena);
    options->memory_limit_bytes = arena / 16 * next_byte(input);
    const size_t pool = either(options->pool_bytes, chosen->preset->pool);
    chosen->offset = offset_of(order, pool);
    set_rules(chosen);
}

/* ---- calls -------------------------------------------------------------- */

struct live_block {
    unsigned char *address;
    uint16_t size;
    uint8_t mark; /* every byte of it */
    struct model_place place;
};

/* One run. */
static struct {
    struct pymalloc *heap;
    struct pymalloc_allocator calls;
    struct pymalloc_event events[LOG_EVENTS];
    struct pymalloc_event_log log;
    struct live_block live[LIVE_MAX];
    size_t live_count;
    size_t call_count;
} run;

static struct model model;

static void check_contents(const struct live_block *block, size_t size)
{
    require(size == 0 || block->address[0] == block->mark);
    require(size == 0 ||
            memcmp(block->address, block->address + 1, size - 1) == 0);
}

static void write_contents(struct live_block *block)
{
    block->mark = (uint8_t)run.call_count;
    memset(block->address, block->mark, block->size);
}

/* A block that was answered is where the model has it. */
static void check_place(const struct live_block *block)
{
    if (block->place.is_raw) {
        require(!world_has(block->address));
        return;
    }
    const struct model_arena *arena = &model.arenas[block->place.arena];
    const char *base = world_base(arena->slot);
    const size_t first = -(uintptr_t)base & (world.pool - 1);
    require((const char *)block->address ==
            base + first + block->place.pool * world.pool +
                block->place.offset);
}

/* Takes a new block into the account, if there is one. */
static void add_block(void *address, size_t size, bool expected,
                      const struct model_place *place)
{
    run.call_count++;
    compare_events(&model, &run.log);
    require((address != NULL) == expected);
    if (address == NULL) {
        return;
    }
    struct live_block *block = &run.live[run.live_count++];
    *block = (struct live_block){
        .address = address, .size = (uint16_t)size, .place = *place};
    check_place(block);
    write_contents(block);
}

static bool is_over(void)
{
    return run.live_count == LIVE_MAX || run.call_count == CALLS_MAX;
}

static void call_malloc(size_t size)
{
    struct model_place place;
    const bool expected = model_malloc(&model, size, &place);
    add_block(run.calls.malloc(run.calls.context, size), size, expected,
              &place);
}

static void call_calloc(size_t count, size_t size)
{
    struct model_place place;
    const bool expected = model_malloc(&model, count * size, &place);
    unsigned char *address = run.calls.calloc(run.calls.context, count, size);
    for (size_t i = 0; address != NULL && i < count * size; i++) {
        require(address[i] == 0);
    }
    add_block(address, count * size, expected, &place);
}

static void call_realloc(size_t index, size_t size)
{
    struct live_block *block = &run.live[index];
    check_contents(block, block->size);
    const bool expected = model_realloc(&model, size, &block->place);
    void *moved = run.calls.realloc(run.calls.context, block->address, size);
    run.call_count++;
    compare_events(&model, &run.log);
    require((moved != NULL) == expected);
    if (moved == NULL) {
        check_contents(block, block->size);
        return;
    }
    block->address = moved;
    check_place(block);
    check_contents(block, size < block->size ? size : block->size);
    block->size = (uint16_t)size;
    write_contents(block);
}

/* The block stays in the account: the caller's business. */
static void call_free(const struct live_block *block)
{
    check_contents(block, block->size);
    model_free(&model, &block->place);
    run.calls.free(run.calls.context, block->address);
    run.call_count++;
    compare_events(&model, &run.log);
}

/* ---- runs of calls ------------------------------------------------------ */

static size_t choose_size(uint8_t call, struct input *input)
{
    const size_t byte = next_byte(input);
    return (byte << (call >> 3 & 1)) + (size_t)(call >> 4 & 1) * 64;
}

static size_t choose_index(struct input *input)
{
    return next_byte(input) * run.live_count / 256;
}

static void run_of_malloc(uint8_t call, struct input *input)
{
    const size_t size = (size_t)next_byte(input) * 2;
    for (size_t i = 0; i < 2U + (call >> 3) && !is_over(); i++) {
        call_malloc(size);
    }
}

/* Neighbours, so that pools empty; those behind close up. */
static void run_of_free(uint8_t call, size_t index)
{
    const size_t behind = run.live_count - index;
    const size_t count = 2U + (call >> 3) < behind ? 2U + (call >> 3) : behind;
    struct live_block *first = &run.live[index];
    for (size_t i = 0; i < count; i++) {
        call_free(&first[i]);
    }
    memmove(first, first + count, (behind - count) * sizeof *first);
    run.live_count -= count;
}

/* What is not a call. */
static void change(uint8_t call)
{
    switch (call >> 3 & 3) {
    case 0:
        model.raw_fails = world.raw_fails = !world.raw_fails;
        break;
    case 1:
        model.refuse_every = world.refuse_every = call >> 5;
        break;
    case 2:
        run.calls.free(run.calls.context, NULL);
        require(run.calls.calloc(run.calls.context, SIZE_MAX / 2, 3) == NULL);
        break;
    default:
        compare_statistics(&model, run.heap);
        compare_snapshot(&model, run.heap);
    }
    compare_events(&model, &run.log);
}

/* Of one live block at least. */
static void call_with_block(uint8_t call, struct input *input)
{
    const size_t index = choose_index(input);
    switch (call & 3) {
    case 0:
        call_free(&run.live[index]);
        run.live[index] = run.live[--run.live_count];
        break;
    case 1:
        call_realloc(index, choose_size(call, input));
        break;
    default:
        run_of_free(call, index);
    }
}

static void call_next(struct input *input)
{
    const uint8_t call = next_byte(input);
    if ((call & 4) != 0 && run.live_count > 0) {
        call_with_block(call, input);
        return;
    }
    switch (call & 3) {
    case 0:
        call_malloc(choose_size(call, input));
        break;
    case 1:
        run_of_malloc(call, input);
        break;
    case 2:
        call_calloc(call >> 3, next_byte(input) / 8);
        break;
    default:
        change(call);
    }
}

/* ---- the target --------------------------------------------------------- */

/* False: it was refused, as it had to be. */
static bool open_heap(struct chosen *chosen)
{
    const struct pymalloc_provider provider = world_provider();
    const struct pymalloc_allocator raw = world_raw();
    run.log = (struct pymalloc_event_log){.events = run.events,
                                          .capacity = LOG_EVENTS};
    chosen->options.provider = &provider;
    chosen->options.raw = &raw;
    chosen->options.log = &run.log;
    char reason[256] = "";
    run.heap = pymalloc_create(&chosen->options, reason, sizeof reason);
    require((run.heap == NULL) == chosen->is_refused);
    require((reason[0] != '\0') == chosen->is_refused);
    require(strchr(reason, '\n') == NULL);
    return run.heap != NULL;
}

/* Frees what is live or, as odd bytes want it, leaves arenas to the end. */
static void end(uint8_t byte)
{
    if (byte & 2) {
        compare_snapshot(&model, run.heap);
    }
    for (size_t i = run.live_count; i > 0; i--) {
        if (byte % 2 == 0 || run.live[i - 1].place.is_raw) {
            call_free(&run.live[i - 1]);
        } else {
            check_contents(&run.live[i - 1], run.live[i - 1].size);
        }
    }
    compare_statistics(&model, run.heap); /* before, where a `change` is */
    require(model.raw_blocks == 0);
    pymalloc_destroy(run.heap);
    require(world.taken == 0 && world.raw_live == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct input input = {bytes, size};
    struct chosen chosen;
    choose(&chosen, &input);
    if (!open_heap(&chosen)) {
        return 0;
    }
    if (!chosen.is_small) {
        pymalloc_destroy(run.heap);
        return 0;
    }
    const uint8_t byte = next_byte(&input);
    world_begin(chosen.rules.arena, chosen.rules.pool, chosen.offset);
    world.filler = byte;
    world.purge_keeps = chosen.purge_keeps;
    model_begin(&model, &chosen.rules);
    run.calls = pymalloc_calls(run.heap);
    run.live_count = run.call_count = 0;
    while (input.size > 0 && !is_over()) {
        call_next(&input);
    }
    end(byte);
    return 0;
}
