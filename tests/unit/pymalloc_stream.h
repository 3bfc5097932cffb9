/* A fixed synthetic stream of calls for an instance over a fixture, and what
 * it answered: a signature over (slot, offset) of every block and every event
 * of an arena, another over the statistics.
 *
 * The same seed makes the same calls for every instance that refuses none.
 * Live blocks are filled, and checked when they go: what is lost is noticed.
 */
#ifndef GIVEBACK_UNIT_PYMALLOC_STREAM_H
#define GIVEBACK_UNIT_PYMALLOC_STREAM_H

#include "pymalloc_fixture.h"
#include "random.h"

#define STREAM_BLOCKS_MAX ((size_t)40000)
#define STREAM_SMALL_MAX  512
#define STREAM_MIXED_MAX  1200

struct stream_block {
    unsigned char *address;
    size_t size;
    unsigned char mark; /* every byte of the block */
};

struct stream {
    struct fixture *fixture;
    const struct pymalloc *heap;
    struct pymalloc_allocator calls;
    struct random random;
    struct stream_block *blocks; /* the live ones */
    size_t count;
    size_t least_blocks; /* of a phase; the largest has 16 times as many */
    uint64_t call_count;
    uint64_t null_count; /* calls that found no memory */
    uint64_t statistics_signature;
    void (*check)(const struct stream *stream); /* now and then; NULL: none */
};

/* `heap` NULL: the calls of another allocator, which the caller fills in. */
static inline void stream_open(struct stream *stream, struct fixture *fixture,
                               const struct pymalloc *heap, uint64_t seed)
{
    *stream = (struct stream){
        .fixture = fixture,
        .heap = heap,
        .random = random_seeded(seed),
        .least_blocks = 1250,
        .blocks = calloc(STREAM_BLOCKS_MAX, sizeof(struct stream_block)),
    };
    assert_non_null(stream->blocks);
    if (heap != NULL) {
        stream->calls = pymalloc_calls(heap);
    }
}

static inline size_t stream_below(struct stream *stream, size_t bound)
{
    return (size_t)random_below(&stream->random, bound);
}

static inline size_t stream_small_size(struct stream *stream)
{
    return 1 + stream_below(stream, STREAM_SMALL_MAX);
}

/* ---- calls -------------------------------------------------------------- */

static inline void stream_sign(struct stream *stream, const void *block)
{
    struct fixture *fixture = stream->fixture;
    stream->call_count++;
    if (block == NULL) {
        stream->null_count++;
        fixture_sign(fixture, FIXTURE_NULL, 0);
    } else if (fixture_slot(fixture, block) == OUTSIDE) {
        fixture_sign(fixture, FIXTURE_RAW, 0);
    } else {
        fixture_sign(fixture, 0, fixture_place(fixture, block));
    }
}

static inline void stream_write(struct stream_block *block, uint64_t mark)
{
    block->mark = (unsigned char)(mark % 251);
    memset(block->address, block->mark, block->size);
}

static inline void stream_check(const struct stream_block *block, size_t size)
{
    if (size > 0) {
        assert_int_equal(block->address[0], block->mark);
        assert_memory_equal(block->address, block->address + 1, size - 1);
    }
}

static inline void stream_append(struct stream *stream, void *address,
                                 size_t size)
{
    stream_sign(stream, address);
    if (address != NULL) {
        assert_true(stream->count < STREAM_BLOCKS_MAX);
        struct stream_block *block = &stream->blocks[stream->count++];
        *block = (struct stream_block){.address = address, .size = size};
        stream_write(block, stream->call_count);
    }
}

static inline void stream_malloc(struct stream *stream, size_t size)
{
    stream_append(stream, stream->calls.malloc(stream->calls.context, size),
                  size);
}

static inline void stream_calloc(struct stream *stream, size_t count,
                                 size_t size)
{
    unsigned char *address =
        stream->calls.calloc(stream->calls.context, count, size);
    for (size_t i = 0; address != NULL && i < count * size; i++) {
        assert_int_equal(address[i], 0);
    }
    stream_append(stream, address, count * size);
}

/* A block whose realloc fails stays as it was. */
static inline void stream_realloc(struct stream *stream, size_t index,
                                  size_t size)
{
    struct stream_block *block = &stream->blocks[index];
    stream_check(block, block->size);
    void *moved =
        stream->calls.realloc(stream->calls.context, block->address, size);
    stream_sign(stream, moved);
    if (moved == NULL) {
        stream_check(block, block->size);
        return;
    }
    block->address = moved;
    stream_check(block, size < block->size ? size : block->size);
    block->size = size;
    stream_write(block, stream->call_count);
}

/* The last block takes the place of this one. */
static inline void stream_free(struct stream *stream, size_t index)
{
    struct stream_block *block = &stream->blocks[index];
    stream_check(block, block->size);
    stream->calls.free(stream->calls.context, block->address);
    stream->call_count++;
    *block = stream->blocks[--stream->count];
}

/* ---- phases ------------------------------------------------------------- */

static inline void stream_fill(struct stream *stream, size_t blocks,
                               size_t size)
{
    for (size_t i = 0; i < blocks && stream->count < STREAM_BLOCKS_MAX; i++) {
        stream_malloc(stream, size);
    }
}

static inline void stream_free_random(struct stream *stream, size_t blocks)
{
    for (size_t i = 0; i < blocks && stream->count > 0; i++) {
        stream_free(stream, stream_below(stream, stream->count));
    }
}

/* Frees all but every `stride`-th block, first to last. */
static inline void stream_thin(struct stream *stream, size_t stride)
{
    size_t kept = 0;
    for (size_t i = 0; i < stream->count; i++) {
        struct stream_block *block = &stream->blocks[i];
        if (i % stride == 0) {
            stream->blocks[kept++] = *block;
            continue;
        }
        stream_check(block, block->size);
        stream->calls.free(stream->calls.context, block->address);
        stream->call_count++;
    }
    stream->count = kept;
}

static inline void stream_fifo(struct stream *stream, size_t blocks)
{
    stream_fill(stream, blocks, stream_small_size(stream));
    stream_thin(stream, SIZE_MAX);
}

static inline void stream_lifo(struct stream *stream, size_t blocks)
{
    stream_fill(stream, blocks, stream_small_size(stream));
    while (stream->count > 0) {
        stream_free(stream, stream->count - 1);
    }
}

static inline void stream_shuffled(struct stream *stream, size_t blocks)
{
    stream_fill(stream, blocks, stream_small_size(stream));
    stream_free_random(stream, blocks);
}

static inline void stream_survivors(struct stream *stream, size_t blocks)
{
    for (int wave = 0; wave < 3; wave++) {
        stream_fill(stream, blocks / 2, stream_small_size(stream));
        stream_thin(stream, 200);
    }
}

/* Every size, every call. */
static inline void stream_mixed(struct stream *stream, size_t blocks)
{
    for (size_t i = 0; i < 2 * blocks; i++) {
        const size_t count = stream->count;
        const size_t choice = stream_below(stream, 100);
        const size_t size = stream_below(stream, STREAM_MIXED_MAX + 1);
        if (count == 0 || (choice < 40 && count < blocks / 4)) {
            stream_malloc(stream, size);
        } else if (choice < 44 && count < blocks / 4) {
            stream_calloc(stream, size / 24, size % 24);
        } else if (choice < 65) {
            stream_realloc(stream, stream_below(stream, count), size);
        } else {
            stream_free(stream, stream_below(stream, count));
        }
    }
}

/* Every block shrinks, by little and by much. */
static inline void stream_shrink_waves(struct stream *stream, size_t blocks)
{
    for (size_t i = 0; i < blocks / 4; i++) {
        stream_malloc(stream, STREAM_SMALL_MAX - stream_below(stream, 64));
    }
    for (int wave = 0; wave < 4; wave++) {
        for (size_t i = 0; i < stream->count; i++) {
            const size_t size = stream->blocks[i].size;
            const size_t part = stream_below(stream, 2) == 0 ? 16 : 3;
            stream_realloc(stream, i, size - size / part);
        }
    }
}

/* Runs of neighbours go here and there, so that pools empty in all arenas and
 * usable_arenas is in motion. */
static inline void stream_sawtooth(struct stream *stream, size_t blocks)
{
    stream_fill(stream, blocks, stream_small_size(stream));
    for (size_t run = 40; run > 0 && stream->count > 0; run--) {
        size_t index = stream_below(stream, stream->count);
        for (size_t i = 0; i <= blocks / 80 && stream->count > 0; i++) {
            index = index < stream->count ? index : stream->count - 1;
            stream_free(stream, index);
            index = index > 0 ? index - 1 : 0;
        }
        if (run % 4 == 0) {
            stream_fill(stream, blocks / 16, stream_small_size(stream));
        }
    }
}

/* ---- the stream --------------------------------------------------------- */

/* The figures of the statistics, but for the radix tree's: its nodes are as
 * large as the sizes make them. */
static inline void stream_sign_statistics(struct stream *stream)
{
    if (stream->heap == NULL) {
        return; /* another allocator has no such report */
    }
    const struct pymalloc_statistics statistics =
        heap_statistics(stream->heap);
    assert_bytes_add_up(&statistics);
    assert_int_equal(statistics.arenas_current, stream->fixture->taken_count);
    const size_t figures[] = {
        statistics.arenas_allocated_total,
        statistics.arenas_reclaimed,
        statistics.arenas_highwater,
        statistics.arenas_current,
        statistics.arena_bytes,
        statistics.bytes_allocated_blocks,
        statistics.bytes_available_blocks,
        statistics.bytes_unused_pools,
        statistics.bytes_pool_headers,
        statistics.bytes_quantization,
        statistics.bytes_arena_alignment,
        (size_t)statistics.raw_blocks,
        statistics.scan_steps,
        statistics.pools_purged,
        statistics.class_count,
    };
    struct fixture sum = {.signature = stream->statistics_signature};
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        fixture_sign(&sum, 0, figures[i]);
    }
    for (size_t i = 0; i < statistics.class_count; i++) {
        fixture_sign(&sum, 0, statistics.classes[i].pools);
        fixture_sign(&sum, 0, statistics.classes[i].blocks_in_use);
        fixture_sign(&sum, 0, statistics.classes[i].blocks_available);
    }
    stream->statistics_signature = sum.signature;
    if (stream->check != NULL) {
        stream->check(stream);
    }
}

static void (*const stream_phases[])(struct stream *stream, size_t blocks) = {
    stream_fifo,  stream_lifo,         stream_shuffled, stream_survivors,
    stream_mixed, stream_shrink_waves, stream_sawtooth,
};

/* Phase after phase until there were enough calls, in sizes from a few pools
 * to tens of arenas; then every block goes. */
static inline void stream_run(struct stream *stream, uint64_t calls)
{
    const size_t phases = sizeof stream_phases / sizeof stream_phases[0];
    for (size_t i = 0; stream->call_count < calls; i++) {
        const size_t blocks = stream->least_blocks << (i / phases % 5);
        stream_phases[i % phases](stream, blocks);
        stream_sign_statistics(stream);
        stream_free_random(stream, stream->count * (i % 3) / 2);
        stream_sign_statistics(stream);
    }
    stream_free_random(stream, stream->count);
    stream_sign_statistics(stream);
}

/* Ends the stream; the instance is the caller's. */
static inline void stream_close(struct stream *stream)
{
    const struct pymalloc_statistics statistics =
        heap_statistics(stream->heap);
    assert_int_equal(stream->count, 0);
    assert_int_equal(statistics.bytes_allocated_blocks, 0);
    assert_int_equal(statistics.raw_blocks, 0);
    free(stream->blocks);
}

/* What two instances are compared by. */
struct stream_answer {
    uint64_t places, statistics;
};

/* Runs the stream in a new instance, whose arenas begin `offset_bytes` behind
 * a pool boundary. */
static inline struct stream_answer
stream_answer(const struct pymalloc_options *options, size_t offset_bytes,
              uint64_t seed, uint64_t calls)
{
    struct fixture fixture;
    fixture_open(&fixture, offset_bytes);
    struct pymalloc *heap = fixture_heap_of(&fixture, options);
    struct stream stream;
    stream_open(&stream, &fixture, heap, seed);
    stream_run(&stream, calls);
    assert_true(stream.call_count >= calls);
    stream_close(&stream);
    const struct stream_answer answer = {fixture.signature,
                                         stream.statistics_signature};
    fixture_end(&fixture, heap);
    assert_int_equal(fixture.raw_live, 0);
    return answer;
}

#endif
