/* An instance whose first arenas are full, so that a test can free the pool it
 * wants and see which arena serves next. */
#ifndef GIVEBACK_UNIT_PYMALLOC_FILLED_H
#define GIVEBACK_UNIT_PYMALLOC_FILLED_H

#include "pymalloc_fixture.h"

#define HEADER_BYTES 48
#define FILL_BYTES   256 /* small in every preset */
#define OTHER_BYTES  128

/* An instance whose first arenas are full of blocks of FILL_BYTES. */
struct filled {
    struct fixture fixture;
    struct pymalloc *heap;
    const struct pymalloc_preset *preset;
    size_t pools;  /* of an arena */
    size_t blocks; /* of a pool */
};

/* `options` as fixture_heap_of takes them. */
static inline void fill_heap_of(struct filled *filled,
                                const struct pymalloc_options *options,
                                size_t arenas)
{
    fixture_open(&filled->fixture, 0);
    filled->heap = fixture_heap_of(&filled->fixture, options);
    filled->preset = pymalloc_preset_of(filled->heap);
    filled->pools = filled->preset->arena_bytes / filled->preset->pool_bytes;
    filled->blocks = (filled->preset->pool_bytes - HEADER_BYTES) / FILL_BYTES;
    for (size_t i = 0; i < arenas * filled->pools * filled->blocks; i++) {
        assert_non_null(heap_malloc(filled->heap, FILL_BYTES));
    }
    assert_int_equal(filled->fixture.taken_count, arenas);
}

static inline void fill(struct filled *filled, const char *preset,
                        enum pymalloc_release release, size_t arenas)
{
    fill_heap_of(
        filled,
        &(struct pymalloc_options){.preset = preset, .release = release},
        arenas);
}

static inline void end(struct filled *filled)
{
    fixture_end(&filled->fixture, filled->heap);
}

static inline char *block_of(const struct filled *filled, size_t arena,
                             size_t pool, size_t block)
{
    return filled->fixture.region + arena * FIXTURE_STRIDE +
           pool * filled->preset->pool_bytes + HEADER_BYTES +
           block * FILL_BYTES;
}

static inline void free_pool(const struct filled *filled, size_t arena,
                             size_t pool)
{
    for (size_t i = 0; i < filled->blocks; i++) {
        heap_free(filled->heap, block_of(filled, arena, pool, i));
    }
}

static inline void free_pools(const struct filled *filled, size_t arena,
                              size_t first, size_t count)
{
    for (size_t i = first; i < first + count; i++) {
        free_pool(filled, arena, i);
    }
}

/* Fills one pool of OTHER_BYTES; returns the slot it was opened in. */
static inline int open_pool(const struct filled *filled)
{
    const size_t blocks =
        (filled->preset->pool_bytes - HEADER_BYTES) / OTHER_BYTES;
    const void *first = heap_malloc(filled->heap, OTHER_BYTES);
    for (size_t i = 1; i < blocks; i++) {
        (void)heap_malloc(filled->heap, OTHER_BYTES);
    }
    return fixture_slot(&filled->fixture, first);
}

#endif
