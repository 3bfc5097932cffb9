/* A shadow model of pymalloc. */
#include "pymalloc_model.h"

#include <string.h>

#include "fuzz.h"

void model_begin(struct model *model, const struct model_rules *rules)
{
    require(rules->pools <= MODEL_POOLS);
    require(rules->threshold / rules->alignment <= MODEL_CLASSES);
    model->rules = *rules;
    model->refuse_every = model->requests = 0;
    model->raw_fails = model->has_nodes = false;
    memset(model->is_used, 0, sizeof model->is_used);
    memset(model->is_taken, 0, sizeof model->is_taken);
    model->vector = model->usable_count = model->unused_count = 0;
    model->free_pool_count = 0;
    memset(model->ring_counts, 0, sizeof model->ring_counts);
    model->asked.count = model->logged.count = 0;
    model->taken = model->given = model->highwater = 0;
    model->steps = model->purges = 0;
    model->raw_blocks = 0;
}

/* ---- lists -------------------------------------------------------------- */

static uint32_t usable_place(const struct model *model, uint32_t arena)
{
    for (uint32_t i = 0; i < model->usable_count; i++) {
        if (model->usable[i] == arena) {
            return i;
        }
    }
    fuzz_fail(__FILE__, __LINE__, "the arena is usable");
}

static void usable_remove(struct model *model, uint32_t place)
{
    memmove(&model->usable[place], &model->usable[place + 1],
            --model->usable_count - place);
}

static void usable_insert(struct model *model, uint32_t place, uint32_t arena)
{
    memmove(&model->usable[place + 1], &model->usable[place],
            model->usable_count++ - place);
    model->usable[place] = (uint8_t)arena;
}

static void ring_append(struct model *model, size_t size_class, uint16_t pool)
{
    model->rings[size_class][model->ring_counts[size_class]++] = pool;
}

static void ring_remove(struct model *model, size_t size_class, uint16_t pool)
{
    uint16_t *pools = model->rings[size_class];
    uint32_t place = 0;
    while (pools[place] != pool) {
        place++;
        require(place < model->ring_counts[size_class]);
    }
    memmove(&pools[place], &pools[place + 1],
            (--model->ring_counts[size_class] - place) * sizeof pools[0]);
}

static struct model_pool *pool_of(struct model *model, uint16_t number)
{
    return &model->arenas[number / MODEL_POOLS].pools[number % MODEL_POOLS];
}

static void add_event(struct model_events *events, enum model_event_kind kind,
                      uint32_t where, uint32_t pool)
{
    require(events->count < MODEL_EVENTS);
    events->items[events->count++] = (struct model_event){kind, where, pool};
}

/* ---- arenas ------------------------------------------------------------- */

/* More arena objects, the lowest to be taken first. */
static bool grow_vector(struct model *model)
{
    if (model->raw_fails) {
        return false;
    }
    const uint32_t vector =
        model->vector > 0 ? 2 * model->vector : MODEL_VECTOR;
    require(vector <= 2 * MODEL_SLOTS);
    for (uint32_t i = vector; i > model->vector; i--) {
        model->unused[model->unused_count++] = (uint8_t)(i - 1);
    }
    model->vector = vector;
    return true;
}

/* A slot from the provider, entered by its address; MODEL_SLOTS: none. */
static uint32_t take_slot(struct model *model)
{
    model->requests++;
    uint32_t slot = 0;
    while (slot < MODEL_SLOTS && model->is_taken[slot]) {
        slot++;
    }
    if (slot == MODEL_SLOTS || (model->refuse_every > 0 &&
                                model->requests % model->refuse_every == 0)) {
        add_event(&model->asked, MODEL_REFUSE, UINT32_MAX, 0);
        return MODEL_SLOTS;
    }
    add_event(&model->asked, MODEL_TAKE, slot, 0);
    if (model->rules.needs_nodes && !model->has_nodes && model->raw_fails) {
        add_event(&model->asked, MODEL_GIVE, slot, 0);
        return MODEL_SLOTS;
    }
    model->has_nodes = true;
    return slot;
}

static bool take_arena(struct model *model)
{
    uint32_t slot = MODEL_SLOTS;
    if (model->taken - model->given < model->rules.arenas_max &&
        (model->unused_count > 0 || grow_vector(model))) {
        slot = take_slot(model);
    }
    if (slot == MODEL_SLOTS) {
        add_event(&model->logged, MODEL_REFUSE, UINT32_MAX, 0);
        return false;
    }
    const uint32_t number = model->unused[--model->unused_count];
    require(number < MODEL_SLOTS); /* objects are as many as slots */
    struct model_arena *arena = &model->arenas[number];
    model->is_used[number] = true;
    arena->slot = slot;
    arena->carved = arena->freepool_count = 0;
    arena->nfree = (uint32_t)model->rules.pools;
    memset(arena->purged, 0, sizeof arena->purged);
    model->is_taken[slot] = true;
    model->taken++;
    if (model->highwater < model->taken - model->given) {
        model->highwater = model->taken - model->given;
    }
    usable_insert(model, 0, number);
    add_event(&model->logged, MODEL_TAKE, number, 0);
    return true;
}

static void give_arena(struct model *model, uint32_t number)
{
    const uint32_t slot = model->arenas[number].slot;
    model->is_used[number] = false;
    usable_remove(model, usable_place(model, number));
    model->unused[model->unused_count++] = (uint8_t)number;
    model->is_taken[slot] = false;
    model->given++;
    add_event(&model->logged, MODEL_GIVE, number, 0);
    add_event(&model->asked, MODEL_GIVE, slot, 0);
}

static bool is_empty(const struct model *model, uint32_t number)
{
    return model->arenas[number].nfree == model->rules.pools;
}

/* Whether an arena that just became empty goes. */
static bool goes(const struct model *model, uint32_t number)
{
    size_t empty = 0;
    for (uint32_t i = 0; i < model->usable_count; i++) {
        empty += is_empty(model, model->usable[i]);
    }
    switch (model->rules.release) {
    case MODEL_EMPTY:
        return true;
    case MODEL_KEEP_LAST:
        return model->usable[model->usable_count - 1] != number;
    case MODEL_KEEP:
        return empty > model->rules.keep;
    default:
        return false;
    }
}

/* ---- the order of arenas ------------------------------------------------ */

/* Whether the order does not let `left` stand before `right`. */
static bool is_wrong(const struct model *model, uint32_t left, uint32_t right)
{
    const uint32_t left_free = model->arenas[left].nfree;
    const uint32_t right_free = model->arenas[right].nfree;
    return model->rules.order == MODEL_FEWEST ? left_free > right_free
                                              : left_free < right_free;
}

/* Moves the arena at `place` past those it must not stand before, or else
 * behind. */
static void sort_arena(struct model *model, uint32_t place)
{
    const uint32_t number = model->usable[place];
    uint32_t to = place;
    while (to + 1 < model->usable_count &&
           is_wrong(model, number, model->usable[to + 1])) {
        to++;
    }
    if (to == place) {
        while (to > 0 && is_wrong(model, model->usable[to - 1], number)) {
            to--;
        }
    }
    if (model->rules.counts_steps) {
        model->steps += to > place ? to - place : place - to;
    }
    usable_remove(model, place);
    usable_insert(model, to, number);
}

static uint16_t take_pool_of(struct model *model, uint32_t number)
{
    struct model_arena *arena = &model->arenas[number];
    uint32_t pool = 0;
    if (arena->freepool_count > 0) {
        pool = arena->freepools[--arena->freepool_count];
    } else {
        while (pool < arena->carved && !arena->purged[pool]) {
            pool++;
        }
        if (pool == arena->carved) {
            arena->carved++;
        }
        arena->purged[pool] = false;
        arena->pools[pool].size_class = MODEL_NO_CLASS;
    }
    require(arena->nfree > 0);
    arena->nfree--;
    return (uint16_t)(number * MODEL_POOLS + pool);
}

/* An empty pool; false: there is none to be had. */
static bool take_pool(struct model *model, uint16_t *pool)
{
    if (model->free_pool_count > 0) {
        *pool = model->free_pools[--model->free_pool_count];
        return true;
    }
    if (model->usable_count == 0 && !take_arena(model)) {
        return false;
    }
    const uint32_t head = model->usable[0];
    *pool = take_pool_of(model, head);
    if (model->arenas[head].nfree == 0) {
        usable_remove(model, 0);
    } else if (model->rules.order == MODEL_MOST) {
        sort_arena(model, 0);
    }
    return true;
}

static void give_pool(struct model *model, uint16_t pool)
{
    if (model->rules.order == MODEL_NEWEST) {
        model->free_pools[model->free_pool_count++] = pool;
        return;
    }
    const uint32_t number = pool / MODEL_POOLS;
    struct model_arena *arena = &model->arenas[number];
    if (model->rules.release == MODEL_PURGE) {
        arena->purged[pool % MODEL_POOLS] = true;
        model->purges++;
        add_event(&model->logged, MODEL_PURGE_POOL, number, 0);
        add_event(&model->asked, MODEL_PURGE_POOL, arena->slot,
                  pool % MODEL_POOLS);
    } else {
        arena->freepools[arena->freepool_count++] =
            (uint8_t)(pool % MODEL_POOLS);
    }
    arena->nfree++;
    if (arena->nfree == 1) {
        usable_insert(model, 0, number);
        if (model->rules.order == MODEL_MOST) {
            sort_arena(model, 0);
        }
    } else if (is_empty(model, number) && goes(model, number)) {
        give_arena(model, number);
    } else if (model->rules.order != MODEL_LIFO) {
        sort_arena(model, usable_place(model, number));
    }
}

/* ---- blocks ------------------------------------------------------------- */

static size_t class_bytes(const struct model *model, size_t size_class)
{
    return (size_class + 1) * model->rules.alignment;
}

static uint16_t take_block(struct model *model, uint16_t number)
{
    struct model_pool *pool = pool_of(model, number);
    const uint16_t offset = pool->free[--pool->free_count];
    pool->live++;
    if (pool->free_count == 0 && pool->fresh <= pool->fresh_max) {
        pool->free[pool->free_count++] = (uint16_t)pool->fresh;
        pool->fresh += (uint32_t)class_bytes(model, pool->size_class);
    } else if (pool->free_count == 0) {
        ring_remove(model, pool->size_class, number);
    }
    return offset;
}

/* A pool that another class had begins anew: first block, second block. */
static void open_pool(struct model *model, uint16_t number, size_t size_class)
{
    struct model_pool *pool = pool_of(model, number);
    ring_append(model, size_class, number);
    if (pool->size_class == size_class) {
        return;
    }
    const size_t bytes = class_bytes(model, size_class);
    const size_t header = model->rules.header;
    pool->size_class = (uint16_t)size_class;
    pool->live = 0;
    pool->free_count = 2;
    pool->free[0] = (uint16_t)(header + bytes);
    pool->free[1] = (uint16_t)header;
    pool->fresh = (uint32_t)(header + 2 * bytes);
    pool->fresh_max = (uint32_t)(model->rules.pool - bytes);
}

bool model_malloc(struct model *model, size_t size, struct model_place *place)
{
    *place = (struct model_place){.is_raw = true};
    const size_t size_class = (size - 1) / model->rules.alignment;
    if (size > 0 && size <= model->rules.threshold) {
        const uint32_t *count = &model->ring_counts[size_class];
        uint16_t pool = 0;
        if (*count == 0 && take_pool(model, &pool)) {
            open_pool(model, pool, size_class);
        }
        if (*count > 0) {
            pool = model->rings[size_class][*count - 1];
            place->is_raw = false;
            place->arena = (uint8_t)(pool / MODEL_POOLS);
            place->pool = (uint8_t)(pool % MODEL_POOLS);
            place->offset = take_block(model, pool);
            return true;
        }
    }
    model->raw_blocks += !model->raw_fails;
    return !model->raw_fails;
}

void model_free(struct model *model, const struct model_place *place)
{
    if (place->is_raw) {
        model->raw_blocks--;
        return;
    }
    const uint16_t number =
        (uint16_t)(place->arena * MODEL_POOLS + place->pool);
    struct model_pool *pool = pool_of(model, number);
    pool->free[pool->free_count++] = place->offset;
    pool->live--;
    if (pool->free_count == 1) {
        ring_append(model, pool->size_class, number);
    } else if (pool->live == 0) {
        ring_remove(model, pool->size_class, number);
        give_pool(model, number);
    }
}

size_t model_block_bytes(const struct model *model,
                         const struct model_place *place)
{
    const struct model_pool *pool =
        &model->arenas[place->arena].pools[place->pool];
    return class_bytes(model, pool->size_class);
}

bool model_realloc(struct model *model, size_t size, struct model_place *place)
{
    if (place->is_raw) {
        return !model->raw_fails;
    }
    const size_t bytes = model_block_bytes(model, place);
    if (size <= bytes && 4 * size > 3 * bytes) {
        return true;
    }
    struct model_place moved;
    if (!model_malloc(model, size, &moved)) {
        return false;
    }
    model_free(model, place);
    *place = moved;
    return true;
}
