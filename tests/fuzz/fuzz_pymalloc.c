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
#include "pymalloc_choices.h"
#include "pymalloc_compare.h"
#include "pymalloc_model.h"
#include "pymalloc_world.h"

#include <stdbool.h>

enum {
    LIVE_MAX = 320,
    CALLS_MAX = 320, /* of a run: time goes with them */
    LOG_EVENTS = 32,
};

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
static bool open_heap(const struct choices *choices)
{
    const struct pymalloc_provider provider = world_provider();
    const struct pymalloc_allocator raw = world_raw();
    run.log = (struct pymalloc_event_log){.events = run.events,
                                          .capacity = LOG_EVENTS};
    struct pymalloc_options options = choices->options;
    options.provider = &provider;
    options.raw = &raw;
    options.log = &run.log;
    char reason[256] = "";
    run.heap = pymalloc_create(&options, reason, sizeof reason);
    require((run.heap == NULL) == choices->is_refused);
    require((reason[0] != '\0') == choices->is_refused);
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
    struct choices choices;
    choose(&choices, &input);
    if (!open_heap(&choices)) {
        return 0;
    }
    if (!choices.is_small) {
        pymalloc_destroy(run.heap);
        return 0;
    }
    const uint8_t byte = next_byte(&input);
    world_begin(choices.rules.arena, choices.rules.pool, choices.offset);
    world.filler = byte;
    world.purge_keeps = choices.purge_keeps;
    model_begin(&model, &choices.rules);
    run.calls = pymalloc_calls(run.heap);
    run.live_count = run.call_count = 0;
    while (input.size > 0 && !is_over()) {
        call_next(&input);
    }
    end(byte);
    return 0;
}
