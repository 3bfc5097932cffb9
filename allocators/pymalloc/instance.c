/* Instances: made, ended, and the calls they offer. */
#include "heap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_PRESET "3.10"
#define PAGE_BYTES     4096

/* Writes the reason and returns NULL. */
__attribute__((format(printf, 3, 4))) static struct pymalloc *
refuse(char *reason, size_t reason_bytes, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(reason, reason_bytes, format, arguments);
    va_end(arguments);
    return NULL;
}

/* NULL when there is no preset of that name. */
static const struct preset *find_preset(const char *name)
{
    for (size_t i = 0; presets[i] != NULL; i++) {
        if (strcmp(presets[i]->described.name, name) == 0) {
            return presets[i];
        }
    }
    return NULL;
}

/* An instance with empty lists, the tables that its sizes ask for behind it:
 * the rings, then `last`. NULL: no memory. */
static struct pymalloc *new_heap(const struct preset *preset)
{
    const struct pymalloc_preset *sizes = &preset->described;
    const size_t classes = sizes->threshold_bytes / sizes->alignment_bytes;
    const size_t counts = sizes->arena_bytes / sizes->pool_bytes + 1;
    const size_t bytes = sizeof(struct pymalloc) +
                         classes * sizeof(struct pool_link) +
                         counts * sizeof(struct arena *);
    struct pymalloc *heap = calloc(1, bytes);
    if (heap == NULL) {
        return NULL;
    }
    heap->preset = *preset;
    heap->last = (struct arena **)&heap->usedpools[classes];
    for (size_t i = 0; i < classes; i++) {
        struct pool_link *ring = &heap->usedpools[i];
        *ring = (struct pool_link){ring, ring};
    }
    if (!preset->addresses->open(heap)) {
        free(heap);
        return NULL;
    }
    return heap;
}

static const struct arena_order *const orders[] = {
    [PYMALLOC_ORDER_FEWEST_FREE] = &order_table,
    [PYMALLOC_ORDER_LIFO] = &order_lifo,
    [PYMALLOC_ORDER_MOST_FREE] = &order_most_free,
};

/* Replaces what the options name; NULL, or why it cannot be. */
static const char *choose_order(struct preset *preset,
                                const struct pymalloc_options *options)
{
    struct pymalloc_preset *described = &preset->described;
    if (options->order != PYMALLOC_ORDER_PRESET &&
        options->order != described->order) {
        described->order = options->order;
        preset->order = orders[options->order];
    }
    if (options->release != PYMALLOC_RELEASE_PRESET) {
        described->release = options->release;
    }
    if (options->backing != PYMALLOC_BACKING_PRESET) {
        described->backing = options->backing;
    }
    if (described->release != PYMALLOC_RELEASE_NEVER &&
        !preset->order->knows_empty_arenas) {
        return "it keeps the free pools of all arenas on one list and never "
               "learns that an arena is empty: release=never is all it can, "
               "unless an order of arenas is chosen too";
    }
    if ((options->release == PYMALLOC_RELEASE_KEEP_K) !=
        (options->keep_arenas != 0)) {
        return "release=keep-k and the number of arenas to keep go together";
    }
    if (options->log != NULL && options->log->capacity == 0) {
        return "a log of events must have room for one";
    }
    if (options->release != PYMALLOC_RELEASE_DELAYED &&
        options->delay_ns != 0) {
        return "a delay goes with release=delayed alone";
    }
    return NULL;
}

/* CPython keeps an empty arena that is last in its order; where the order
 * does not put it there, it is counted. */
static void set_release(struct pymalloc *heap, size_t keep_arenas)
{
    heap->order = heap->preset.order;
    heap->release = heap->preset.described.release;
    heap->keep_arenas = keep_arenas;
    if (heap->release == PYMALLOC_RELEASE_KEEP_ONE &&
        !heap->order->keeps_empty_last) {
        heap->release = PYMALLOC_RELEASE_KEEP_K;
        heap->keep_arenas = 1;
    }
}

/* NULL, or why purging cannot be. */
static const char *check_purging(const struct pymalloc *heap)
{
    if (heap->release != PYMALLOC_RELEASE_MADVISE &&
        heap->release != PYMALLOC_RELEASE_DELAYED) {
        return NULL;
    }
    if (heap->provider.purge == NULL) {
        return "this release purges pools and the provider cannot";
    }
    if (heap->preset.described.pool_bytes % PAGE_BYTES != 0) {
        return "this release purges pools, and they are smaller than a page";
    }
    return NULL;
}

/* Fills in what the options choose; NULL, or why it cannot be. */
static const char *configure(struct pymalloc *heap,
                             const struct pymalloc_options *options)
{
    heap->raw = options->raw != NULL ? *options->raw : libc_allocator;
    heap->log = options->log;
    heap->delay_ns = options->delay_ns;
    heap->arenas_max = SIZE_MAX;
    if (options->memory_limit_bytes != 0) {
        heap->arenas_max =
            options->memory_limit_bytes / heap->preset.described.arena_bytes;
    }
    set_release(heap, options->keep_arenas);
    heap->locked = options->lock;
    (void)pthread_mutex_init(&heap->lock, NULL); /* cannot fail on Linux */
    if (options->provider != NULL) {
        heap->provider = *options->provider;
    } else {
        const char *cause = provider_of_system(heap, options->base);
        if (cause != NULL) {
            return cause;
        }
    }
    return check_purging(heap);
}

struct pymalloc *pymalloc_create(const struct pymalloc_options *options,
                                 char *reason, size_t reason_bytes)
{
    const char *name =
        options->preset != NULL ? options->preset : DEFAULT_PRESET;
    const struct preset *found = find_preset(name);
    if (found == NULL) {
        return refuse(reason, reason_bytes, "pymalloc has no preset \"%s\"",
                      name);
    }
    struct preset preset = *found;
    struct fields fields = {0};
    const char *cause = choose_sizes(&preset, &fields, options);
    if (cause == NULL) {
        cause = choose_order(&preset, options);
    }
    if (cause != NULL) {
        return refuse(reason, reason_bytes, "pymalloc %s: %s", name, cause);
    }
    struct pymalloc *heap = new_heap(&preset);
    if (heap == NULL) {
        return refuse(reason, reason_bytes,
                      "no memory for an instance of pymalloc");
    }
    heap->fields = fields;
    cause = configure(heap, options);
    if (cause != NULL) {
        pymalloc_destroy(heap);
        return refuse(reason, reason_bytes, "pymalloc %s: %s", name, cause);
    }
    return heap;
}

void pymalloc_destroy(struct pymalloc *heap)
{
    if (heap == NULL) {
        return;
    }
    for (uint32_t i = 0; i < heap->arena_slots; i++) {
        if (heap->arenas[i].base != 0) {
            heap->provider.give(heap->provider.context,
                                (void *)heap->arenas[i].base,
                                heap->preset.described.arena_bytes);
        }
    }
    heap->preset.addresses->close(heap);
    if (heap->purged != NULL) {
        heap->raw.free(heap->raw.context, heap->purged);
    }
    if (heap->arenas != NULL) {
        heap->raw.free(heap->raw.context, heap->arenas);
    }
    provider_close(heap);
    (void)pthread_mutex_destroy(&heap->lock);
    free(heap);
}

const struct pymalloc_preset *pymalloc_preset_of(const struct pymalloc *heap)
{
    return &heap->preset.described;
}

struct pymalloc_allocator pymalloc_calls(const struct pymalloc *heap)
{
    struct pymalloc_allocator calls =
        heap->locked ? locked_calls : heap->preset.calls;
    calls.context = (void *)heap;
    return calls;
}
