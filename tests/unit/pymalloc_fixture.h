/* What the pymalloc tests put under an instance: arenas in a row at chosen
 * places that count and can fail, and a raw allocator that counts and can
 * fail. Every event of an arena goes into a signature. */
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

#define FIXTURE_PAGE   ((size_t)4096)
#define FIXTURE_SLOTS  256
#define FIXTURE_STRIDE ((size_t)1 << 22) /* from slot to slot */
#define OUTSIDE        (-1)              /* in no slot */

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
    int last_given;      /* slot; OUTSIDE: none yet */
    uint64_t signature;  /* over all events, and what a test adds */

    size_t purge_calls;
    const void *last_purged;
    bool purge_keeps; /* what was purged reads as it was, else as zeros */

    size_t raw_calls;      /* of malloc, calloc and realloc */
    size_t raw_fail_every; /* of raw_calls; 0: none */
    size_t raw_last_size;  /* of malloc and realloc */
    size_t raw_live;
    void *foreign; /* freeing this is counted, not done */
    size_t foreign_free_calls;
};

/* What goes into a signature besides places. */
enum fixture_event {
    FIXTURE_TAKEN = 1,
    FIXTURE_REFUSED,
    FIXTURE_GIVEN,
    FIXTURE_PURGED,
    FIXTURE_RAW,
    FIXTURE_NULL,
};

/* Adds an event or an answer: FNV-1a's step (Fowler, Noll, Vo) on 64 bits at
 * once, folded so that high bits reach low ones. */
static inline void fixture_sign(struct fixture *fixture,
                                enum fixture_event event, uint64_t where)
{
    uint64_t mixed = fixture->signature ^ (where << 3) ^ (uint64_t)event;
    mixed *= UINT64_C(0x00000100000001b3);
    fixture->signature = mixed ^ (mixed >> 29);
}

static inline void *fixture_take(void *context, size_t size)
{
    struct fixture *fixture = context;
    assert_true(size + fixture->offset_bytes <= FIXTURE_STRIDE);
    fixture->take_calls++;
    size_t slot = 0;
    while (slot < FIXTURE_SLOTS && fixture->taken[slot]) {
        slot++;
    }
    const bool refused = fixture->refuse_every != 0 &&
                         fixture->take_calls % fixture->refuse_every == 0;
    if (refused || slot == FIXTURE_SLOTS) {
        fixture_sign(fixture, FIXTURE_REFUSED, 0);
        return NULL;
    }
    fixture_sign(fixture, FIXTURE_TAKEN, slot);
    fixture->taken[slot] = true;
    fixture->taken_count++;
    return fixture->region + slot * FIXTURE_STRIDE + fixture->offset_bytes;
}

/* The slot an address lies in. */
static inline int fixture_slot(const struct fixture *fixture,
                               const void *address)
{
    const size_t distance = (size_t)((const char *)address - fixture->region);
    const size_t slot = distance / FIXTURE_STRIDE;
    return slot < FIXTURE_SLOTS ? (int)slot : OUTSIDE;
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
    assert_int_not_equal(slot, OUTSIDE);
    assert_true(fixture->taken[slot]);
    assert_int_equal(fixture_offset(fixture, arena), 0);
    fixture->taken[slot] = false;
    fixture->taken_count--;
    fixture->last_given = slot;
    fixture_sign(fixture, FIXTURE_GIVEN, (uint64_t)slot);
}

/* A place without addresses: the slot and the offset in its arena. */
static inline uint64_t fixture_place(const struct fixture *fixture,
                                     const void *address)
{
    return (uint64_t)(unsigned)fixture_slot(fixture, address) << 32 |
           fixture_offset(fixture, address);
}

static inline void fixture_purge(void *context, void *pages, size_t size)
{
    struct fixture *fixture = context;
    const int slot = fixture_slot(fixture, pages);
    assert_int_not_equal(slot, OUTSIDE);
    assert_true(fixture->taken[slot]);
    assert_int_equal((uintptr_t)pages % FIXTURE_PAGE, 0);
    assert_int_equal(size % FIXTURE_PAGE, 0);
    fixture->purge_calls++;
    fixture->last_purged = pages;
    fixture_sign(fixture, FIXTURE_PURGED, fixture_place(fixture, pages));
    if (!fixture->purge_keeps) {
        memset(pages, 0, size);
    }
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
        (struct fixture){.offset_bytes = offset_bytes, .last_given = OUTSIDE};
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

/* What an instance over the fixture may differ in. The provider and raw of
 * `options` are the fixture's. */
static inline struct pymalloc *
fixture_heap_of(struct fixture *fixture,
                const struct pymalloc_options *options)
{
    const struct pymalloc_provider provider = {.context = fixture,
                                               .take = fixture_take,
                                               .give = fixture_give,
                                               .purge = fixture_purge};
    const struct pymalloc_allocator raw = {
        fixture, fixture_raw_malloc, fixture_raw_calloc, fixture_raw_realloc,
        fixture_raw_free};
    struct pymalloc_options all = *options;
    all.provider = &provider;
    all.raw = &raw;
    char reason[256] = "";
    struct pymalloc *heap = pymalloc_create(&all, reason, sizeof reason);
    if (heap == NULL) {
        fail_msg("%s", reason);
    }
    return heap;
}

/* An instance over the fixture's arenas and raw. */
static inline struct pymalloc *fixture_heap(struct fixture *fixture,
                                            const char *preset,
                                            enum pymalloc_release release)
{
    return fixture_heap_of(fixture, &(struct pymalloc_options){
                                        .preset = preset, .release = release});
}

/* An instance on the system's memory. */
static inline struct pymalloc *
system_heap(const struct pymalloc_options *options)
{
    char reason[256] = "";
    struct pymalloc *heap = pymalloc_create(options, reason, sizeof reason);
    if (heap == NULL) {
        fail_msg("%s", reason);
    }
    return heap;
}

/* The options are refused, in one line that holds `expected`. */
static inline void assert_refused(const struct pymalloc_options *options,
                                  const char *expected)
{
    char reason[256] = "";
    assert_null(pymalloc_create(options, reason, sizeof reason));
    if (strstr(reason, expected) == NULL) {
        fail_msg("\"%s\" lacks \"%s\"", reason, expected);
    }
    assert_null(strchr(reason, '\n'));
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
