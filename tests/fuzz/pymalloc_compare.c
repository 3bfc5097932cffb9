/* An instance against its model. */
#include "pymalloc_compare.h"

#include "fuzz.h"
#include "pymalloc_world.h"

void compare_events(struct model *model, struct pymalloc_event_log *log)
{
    require(world.asked.count == model->asked.count);
    for (uint32_t i = 0; i < model->asked.count; i++) {
        const struct model_event *ours = &world.asked.items[i];
        const struct model_event *theirs = &model->asked.items[i];
        require(ours->kind == theirs->kind);
        require(ours->where == theirs->where);
        require(ours->pool == theirs->pool);
    }
    /* Nothing was logged before: each call has its own beginning. */
    require(log->count == model->logged.count);
    for (uint32_t i = 0; i < model->logged.count; i++) {
        const struct pymalloc_event *ours = &log->events[i];
        const struct model_event *theirs = &model->logged.items[i];
        require((int)ours->kind == (int)theirs->kind);
        require(ours->arena == theirs->where);
        require(i == 0 || ours->time_ns >= log->events[i - 1].time_ns);
    }
    world.asked.count = model->asked.count = model->logged.count = 0;
    log->count = 0;
}

/* ---- statistics --------------------------------------------------------- */

/* What the model says of the classes, and the pools that no class has. */
static size_t count_pools(const struct model *model,
                          struct pymalloc_class_statistics *classes)
{
    size_t unused = 0;
    for (size_t i = 0; i < MODEL_SLOTS; i++) {
        const struct model_arena *arena = &model->arenas[i];
        for (size_t j = 0; model->is_used[i] && j < model->rules.pools; j++) {
            const struct model_pool *pool = &arena->pools[j];
            const bool carved = j < arena->carved && !arena->purged[j];
            if (!carved || pool->live == 0) {
                unused++;
                continue;
            }
            classes[pool->size_class].pools++;
            classes[pool->size_class].blocks_in_use += pool->live;
        }
    }
    return unused;
}

static void compare_class(const struct model *model, size_t size_class,
                          const struct pymalloc_class_statistics *ours,
                          const struct pymalloc_class_statistics *theirs)
{
    const size_t bytes = (size_class + 1) * model->rules.alignment;
    const size_t blocks = (model->rules.pool - model->rules.header) / bytes;
    require(ours->block_bytes == bytes);
    require(ours->pools == theirs->pools);
    require(ours->blocks_in_use == theirs->blocks_in_use);
    require(ours->blocks_available ==
            theirs->pools * blocks - theirs->blocks_in_use);
}

static void compare_counts(const struct model *model,
                           const struct pymalloc_statistics *ours)
{
    require(ours->arenas_allocated_total == model->taken);
    require(ours->arenas_reclaimed == model->given);
    require(ours->arenas_highwater == model->highwater);
    require(ours->arenas_current == model->taken - model->given);
    require(ours->arenas_current == world.taken);
    require(ours->arena_bytes == model->rules.arena);
    require(ours->raw_blocks == (ptrdiff_t)model->raw_blocks);
    require(ours->scan_steps == model->steps);
    require(ours->pools_purged == model->purges);
}

static void compare_bytes(const struct model *model, size_t unused_pools,
                          const struct pymalloc_statistics *ours)
{
    const size_t arena = model->rules.arena;
    const size_t pools_bytes = model->rules.pools * model->rules.pool;
    size_t allocated = 0, available = 0, pools = 0;
    for (size_t i = 0; i < ours->class_count; i++) {
        const struct pymalloc_class_statistics *class = &ours->classes[i];
        allocated += class->blocks_in_use * class->block_bytes;
        available += class->blocks_available * class->block_bytes;
        pools += class->pools;
    }
    require(ours->bytes_allocated_blocks == allocated);
    require(ours->bytes_available_blocks == available);
    require(ours->bytes_pool_headers == pools * model->rules.header);
    require(ours->bytes_unused_pools == unused_pools * model->rules.pool);
    require(ours->bytes_arena_alignment ==
            ours->arenas_current * (arena - pools_bytes));
    require(ours->bytes_allocated_blocks + ours->bytes_available_blocks +
                ours->bytes_unused_pools + ours->bytes_pool_headers +
                ours->bytes_quantization + ours->bytes_arena_alignment ==
            ours->arenas_current * arena);
}

void compare_statistics(const struct model *model, const struct pymalloc *heap)
{
    static struct pymalloc_statistics ours;
    pymalloc_statistics(heap, &ours);
    struct pymalloc_class_statistics classes[MODEL_CLASSES] = {{0}};
    const size_t unused_pools = count_pools(model, classes);
    require(ours.class_count ==
            model->rules.threshold / model->rules.alignment);
    for (size_t i = 0; i < ours.class_count; i++) {
        compare_class(model, i, &ours.classes[i], &classes[i]);
    }
    compare_counts(model, &ours);
    compare_bytes(model, unused_pools, &ours);
}

/* ---- snapshot ----------------------------------------------------------- */

struct visit {
    const struct model *model;
    const struct model_arena *arena; /* the one at hand */
    size_t arenas, pools;            /* seen; of it */
    uint32_t next_index;
};

/* What is free of an arena; 2.3 does not count it. */
static uint32_t free_pools(const struct model *model,
                           const struct model_arena *arena)
{
    uint32_t count = 0;
    for (size_t i = 0; i < model->rules.pools; i++) {
        count += i >= arena->carved || arena->purged[i] ||
                 arena->pools[i].live == 0;
    }
    return count;
}

static void visit_arena(void *context, const struct pymalloc_arena_view *view)
{
    struct visit *visit = context;
    require(!visit->arena || visit->pools == visit->model->rules.pools);
    require(view->index >= visit->next_index && view->index < MODEL_SLOTS);
    visit->next_index = view->index + 1;
    visit->arena = &visit->model->arenas[view->index];
    visit->pools = 0;
    visit->arenas++;
    require(visit->model->is_used[view->index]);
    require(view->base == (uintptr_t)world_base(visit->arena->slot));
    require(view->pools == visit->model->rules.pools);
    require(view->free_pools == free_pools(visit->model, visit->arena));
}

static enum pymalloc_pool_state state_of(const struct model_arena *arena,
                                         size_t number)
{
    const struct model_pool *pool = &arena->pools[number];
    if (number >= arena->carved || arena->purged[number]) {
        return PYMALLOC_POOL_UNCARVED;
    }
    if (pool->live == 0) {
        return PYMALLOC_POOL_FREE;
    }
    return pool->free_count > 0 ? PYMALLOC_POOL_USED : PYMALLOC_POOL_FULL;
}

static void visit_pool(void *context, const struct pymalloc_pool_view *view)
{
    struct visit *visit = context;
    const struct model_pool *pool = &visit->arena->pools[visit->pools];
    require(view->state == state_of(visit->arena, visit->pools));
    if (view->state == PYMALLOC_POOL_USED ||
        view->state == PYMALLOC_POOL_FULL) {
        require(view->live_blocks == pool->live);
        require(view->block_bytes ==
                (pool->size_class + 1U) * visit->model->rules.alignment);
    } else {
        require(view->live_blocks == 0);
    }
    visit->pools++;
}

void compare_snapshot(const struct model *model, const struct pymalloc *heap)
{
    struct visit visit = {.model = model};
    pymalloc_inspect(heap, &(struct pymalloc_visitor){.context = &visit,
                                                      .arena = visit_arena,
                                                      .pool = visit_pool});
    require(visit.arenas == model->taken - model->given);
}
