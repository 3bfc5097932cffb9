/* Instances: made, ended, and the calls they offer. */
#include "heap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_PRESET "3.10"

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

/* An instance with empty lists, the tables that its preset sizes behind it:
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
    heap->preset = preset;
    heap->order = preset->order;
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

/* Fills in what the options choose; NULL, or why it cannot be. */
static const char *configure(struct pymalloc *heap,
                             const struct pymalloc_options *options)
{
    heap->raw = options->raw != NULL ? *options->raw : libc_allocator;
    heap->release = options->release != PYMALLOC_RELEASE_PRESET
                        ? options->release
                        : heap->preset->described.release;
    if (heap->release != PYMALLOC_RELEASE_NEVER &&
        !heap->order->knows_empty_arenas) {
        return "it keeps the free pools of all arenas on one list and never "
               "learns that an arena is empty: release=never is all it can";
    }
    if (options->provider != NULL) {
        heap->provider = *options->provider;
        return NULL;
    }
    return provider_of_system(heap, options->base);
}

struct pymalloc *pymalloc_create(const struct pymalloc_options *options,
                                 char *reason, size_t reason_bytes)
{
    const char *name =
        options->preset != NULL ? options->preset : DEFAULT_PRESET;
    const struct preset *preset = find_preset(name);
    if (preset == NULL) {
        return refuse(reason, reason_bytes, "pymalloc has no preset \"%s\"",
                      name);
    }
    struct pymalloc *heap = new_heap(preset);
    if (heap == NULL) {
        return refuse(reason, reason_bytes,
                      "no memory for an instance of pymalloc");
    }
    const char *cause = configure(heap, options);
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
                                heap->preset->described.arena_bytes);
        }
    }
    heap->preset->addresses->close(heap);
    if (heap->arenas != NULL) {
        heap->raw.free(heap->raw.context, heap->arenas);
    }
    free(heap);
}

const struct pymalloc_preset *pymalloc_preset_of(const struct pymalloc *heap)
{
    return &heap->preset->described;
}

struct pymalloc_allocator pymalloc_calls(const struct pymalloc *heap)
{
    struct pymalloc_allocator calls = heap->preset->calls;
    calls.context = (void *)heap;
    return calls;
}
