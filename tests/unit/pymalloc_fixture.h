/* What the pymalloc tests put under an instance: arenas in a row at chosen
 * places that count and can fail, and a raw allocator that counts and can
 * fail. */
#ifndef GIVEBACK_UNIT_PYMALLOC_FIXTURE_H
#define GIVEBACK_UNIT_PYMALLOC_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "pymalloc.h"

#define FIXTURE_SLOTS  256
#define FIXTURE_STRIDE ((size_t)1 << 21) /* from slot to slot */
#define NO_SLOT        (-1)

/* Slot i begins FIXTURE_STRIDE * i + offset_bytes into the region, which is
 * aligned to FIXTURE_STRIDE; the lowest free slot is taken. */
struct fixture {
    char *region;
    void *mapping;
    size_t offset_bytes;
    bool taken[FIXTURE_SLOTS];
    size_t taken_count; /* now */
    size_t take_calls;
    size_t refuse_every; /* of take_calls; 0: none */
    int last_given;      /* slot; NO_SLOT: none yet */

    size_t raw_calls;      /* of malloc, calloc and realloc */
    size_t raw_fail_every; /* of raw_calls; 0: none */
    size_t raw_last_size;  /* of malloc and realloc */
    size_t raw_live;
    void *foreign; /* freeing this is counted, not done */
    size_t foreign_free_calls;
};

static inline void *fixture_take(void *context, size_t size)
{
    struct fixture *fixture = context;
    assert_true(size + fixture->offset_bytes <= FIXTURE_STRIDE);
    fixture->take_calls++;
    if (fixture->refuse_every != 0 &&
        fixture->take_calls % fixture->refuse_every == 0) {
        return NULL;
    }
    for (size_t slot = 0; slot < FIXTURE_SLOTS; slot++) {
        if (!fixture->taken[slot]) {
            fixture->taken[slot] = true;
            fixture->taken_count++;
            return fixture->region + slot * FIXTURE_STRIDE +
                   fixture->offset_bytes;
        }
    }
    return NULL;
}

/* The slot an address lies in. */
static inline int fixture_slot(const struct fixture *fixture,
                               const void *address)
{
    const size_t distance = (size_t)((const char *)address - fixture->region);
    const size_t slot = distance / FIXTURE_STRIDE;
    return slot < FIXTURE_SLOTS ? (int)slot : NO_SLOT;
}

/* The offset of an address from the base of its arena. */
static inline size_t fixture_offset(const struct fixture *fixture,
                                    const void *address)
{
    const size_t distance = (size_t)((const char *)address - fixture->region);
    return distance % FIXTURE_STRIDE - fixture->offset_bytes;
}

static inline void fixture_give(void *context, void *arena, size_t size)
{
    struct fixture *fixture = context;
    (void)size;
    const int slot = fixture_slot(fixture, arena);
    assert_int_not_equal(slot, NO_SLOT);
    assert_true(fixture->taken[slot]);
    assert_int_equal(fixture_offset(fixture, arena), 0);
    fixture->taken[slot] = false;
    fixture->taken_count--;
    fixture->last_given = slot;
}

static inline bool fixture_raw_fails(struct fixture *fixture)
{
    fixture->raw_calls++;
    return fixture->raw_fail_every != 0 &&
           fixture->raw_calls % fixture->raw_fail_every == 0;
}

static inline void *fixture_raw_malloc(void *context, size_t size)
{
    struct fixture *fixture = context;
    assert_true(size > 0);
    fixture->raw_last_size = size;
    if (fixture_raw_fails(fixture)) {
        return NULL;
    }
    fixture->raw_live++;
    return malloc(size);
}

static inline void *fixture_raw_calloc(void *context, size_t count,
                                       size_t size)
{
    struct fixture *fixture = context;
    assert_true(count > 0 && size > 0);
    if (fixture_raw_fails(fixture)) {
        return NULL;
    }
    fixture->raw_live++;
    return calloc(count, size);
}

static inline void *fixture_raw_realloc(void *context, void *block,
                                        size_t size)
{
    struct fixture *fixture = context;
    assert_true(size > 0);
    fixture->raw_last_size = size;
    if (fixture_raw_fails(fixture)) {
        return NULL;
    }
    fixture->raw_live += block == NULL;
    return realloc(block, size);
}

static inline void fixture_raw_free(void *context, void *block)
{
    struct fixture *fixture = context;
    if (block == fixture->foreign) {
        fixture->foreign_free_calls++;
        return;
    }
    fixture->raw_live--;
    free(block);
}

static inline void fixture_open(struct fixture *fixture, size_t offset_bytes)
{
    *fixture =
        (struct fixture){.offset_bytes = offset_bytes, .last_given = NO_SLOT};
    const size_t bytes = (FIXTURE_SLOTS + 1) * FIXTURE_STRIDE;
    fixture->mapping =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(fixture->mapping != MAP_FAILED);
    const uintptr_t aligned =
        ((uintptr_t)fixture->mapping + FIXTURE_STRIDE - 1) &
        ~(uintptr_t)(FIXTURE_STRIDE - 1);
    fixture->region = (char *)aligned;
}

static inline void fixture_close(struct fixture *fixture)
{
    assert_int_equal(
        munmap(fixture->mapping, (FIXTURE_SLOTS + 1) * FIXTURE_STRIDE), 0);
}

/* An instance over the fixture's arenas and raw. */
static inline struct pymalloc *fixture_heap(struct fixture *fixture,
                                            const char *preset,
                                            enum pymalloc_release release)
{
    const struct pymalloc_provider provider = {fixture, fixture_take,
                                               fixture_give};
    const struct pymalloc_allocator raw = {
        fixture, fixture_raw_malloc, fixture_raw_calloc, fixture_raw_realloc,
        fixture_raw_free};
    const struct pymalloc_options options = {.preset = preset,
                                             .release = release,
                                             .provider = &provider,
                                             .raw = &raw};
    char reason[256] = "";
    struct pymalloc *heap = pymalloc_create(&options, reason, sizeof reason);
    if (heap == NULL) {
        fail_msg("%s", reason);
    }
    return heap;
}

/* Ends the instance and proves that it gave everything back. */
static inline void fixture_end(struct fixture *fixture, struct pymalloc *heap)
{
    pymalloc_destroy(heap);
    assert_int_equal(fixture->taken_count, 0);
    fixture_close(fixture);
}

static inline void *heap_malloc(const struct pymalloc *heap, size_t size)
{
    const struct pymalloc_allocator calls = pymalloc_calls(heap);
    return calls.malloc(calls.context, size);
}

static inline void *heap_calloc(const struct pymalloc *heap, size_t count,
                                size_t size)
{
    const struct pymalloc_allocator calls = pymalloc_calls(heap);
    return calls.calloc(calls.context, count, size);
}

static inline void *heap_realloc(const struct pymalloc *heap, void *block,
                                 size_t size)
{
    const struct pymalloc_allocator calls = pymalloc_calls(heap);
    return calls.realloc(calls.context, block, size);
}

static inline void heap_free(const struct pymalloc *heap, void *block)
{
    const struct pymalloc_allocator calls = pymalloc_calls(heap);
    calls.free(calls.context, block);
}

static inline struct pymalloc_statistics
heap_statistics(const struct pymalloc *heap)
{
    struct pymalloc_statistics statistics;
    pymalloc_statistics(heap, &statistics);
    return statistics;
}

/* What CPython's report asserts: every byte of the arenas has one place. */
static inline void
assert_bytes_add_up(const struct pymalloc_statistics *statistics)
{
    assert_int_equal(
        statistics->bytes_allocated_blocks +
            statistics->bytes_available_blocks +
            statistics->bytes_unused_pools + statistics->bytes_pool_headers +
            statistics->bytes_quantization + statistics->bytes_arena_alignment,
        statistics->arenas_current * statistics->arena_bytes);
}

#endif
