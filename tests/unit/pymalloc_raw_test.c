/* What pymalloc passes on to raw, and what happens when memory runs out. */
#include "pymalloc_fixture.h"

#include "random.h"

static void requests_of_zero_or_above_the_threshold_are_raw(void **state)
{
    (void)state;
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        const struct pymalloc_preset *preset = pymalloc_preset(i);
        struct fixture fixture;
        fixture_open(&fixture, 0);
        struct pymalloc *heap =
            fixture_heap(&fixture, preset->name, PYMALLOC_RELEASE_PRESET);
        void *blocks[4];
        blocks[0] = heap_malloc(heap, 0);
        assert_int_equal(fixture.raw_last_size, 1);
        blocks[1] = heap_malloc(heap, preset->threshold_bytes + 1);
        assert_int_equal(fixture.raw_last_size, preset->threshold_bytes + 1);
        blocks[2] = heap_calloc(heap, 0, 8);
        blocks[3] = heap_calloc(heap, 2, preset->threshold_bytes);
        assert_int_equal(fixture.raw_live, 4);
        assert_int_equal(heap_statistics(heap).raw_blocks, 4);
        assert_int_equal(fixture.take_calls, 0);
        for (int j = 0; j < 4; j++) {
            assert_non_null(blocks[j]);
            heap_free(heap, blocks[j]);
        }
        assert_int_equal(fixture.raw_live, 0);
        assert_int_equal(heap_statistics(heap).raw_blocks, 0);
        heap_free(heap, NULL);
        assert_int_equal(heap_statistics(heap).raw_blocks, 0);

        heap_free(heap, heap_malloc(heap, preset->threshold_bytes));
        assert_int_equal(fixture.take_calls, 1);
        fixture_end(&fixture, heap);
    }
}

static void a_raw_block_stays_raw_when_it_shrinks(void **state)
{
    (void)state;
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        struct fixture fixture;
        fixture_open(&fixture, 0);
        struct pymalloc *heap = fixture_heap(
            &fixture, pymalloc_preset(i)->name, PYMALLOC_RELEASE_PRESET);
        void *block = heap_malloc(heap, 2000);
        block = heap_realloc(heap, block, 100);
        assert_int_equal(fixture.raw_last_size, 100);
        block = heap_realloc(heap, block, 0);
        assert_int_equal(fixture.raw_last_size, 1);
        assert_non_null(block);
        assert_int_equal(fixture.raw_live, 1);
        assert_int_equal(fixture.take_calls, 0);
        assert_int_equal(heap_statistics(heap).raw_blocks, 1);
        heap_free(heap, block);
        fixture_end(&fixture, heap);
    }
}

static void a_small_block_of_zero_bytes_becomes_raw(void **state)
{
    (void)state;
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        struct fixture fixture;
        fixture_open(&fixture, 0);
        struct pymalloc *heap = fixture_heap(
            &fixture, pymalloc_preset(i)->name, PYMALLOC_RELEASE_NEVER);
        void *block = heap_realloc(heap, heap_malloc(heap, 32), 0);
        assert_int_equal(heap_statistics(heap).raw_blocks, 1);
        assert_int_equal(heap_statistics(heap).bytes_allocated_blocks, 0);
        heap_free(heap, block);
        block = heap_realloc(heap, heap_malloc(heap, 32), 5000);
        assert_int_equal(heap_statistics(heap).raw_blocks, 1);
        heap_free(heap, block);
        fixture_end(&fixture, heap);
    }
}

/* Frees `address`, which nobody allocated, and demands that raw gets it. */
static void assert_foreign(struct fixture *fixture, struct pymalloc *heap,
                           void *address)
{
    fixture->foreign = address;
    const size_t calls = fixture->foreign_free_calls;
    heap_free(heap, address);
    assert_int_equal(fixture->foreign_free_calls, calls + 1);
    fixture->foreign = NULL;
}

static void addresses_beside_an_arena_are_not_ours(void **state)
{
    (void)state;
    static const size_t offsets[] = {0, 16, 4096, 4112};
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        const struct pymalloc_preset *preset = pymalloc_preset(i);
        for (size_t j = 0; j < 4; j++) {
            struct fixture fixture;
            fixture_open(&fixture, offsets[j]);
            fixture.taken[0] = true; /* so there is memory on both sides */
            struct pymalloc *heap =
                fixture_heap(&fixture, preset->name,
                             PYMALLOC_RELEASE_EMPTY <= preset->release
                                 ? PYMALLOC_RELEASE_EMPTY
                                 : PYMALLOC_RELEASE_NEVER);
            void *block = heap_malloc(heap, 64);
            char *base = fixture.region + FIXTURE_STRIDE + offsets[j];
            assert_foreign(&fixture, heap, base - 16);
            assert_foreign(&fixture, heap, base - preset->arena_bytes);
            assert_foreign(&fixture, heap, base + preset->arena_bytes);
            assert_foreign(&fixture, heap, base + preset->arena_bytes + 16);
            assert_foreign(&fixture, heap, base + 2 * preset->arena_bytes);
            heap_free(heap, block);
            if (fixture.last_given == 1) {
                assert_foreign(&fixture, heap, block);
                assert_foreign(&fixture, heap,
                               base + preset->arena_bytes - 16);
            }
            fixture.taken[0] = false;
            fixture_end(&fixture, heap);
        }
    }
}

static void a_block_of_another_instance_is_not_ours(void **state)
{
    (void)state;
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        struct fixture fixtures[2];
        struct pymalloc *heaps[2];
        void *blocks[2];
        for (int j = 0; j < 2; j++) {
            fixture_open(&fixtures[j], 0);
            heaps[j] = fixture_heap(&fixtures[j], pymalloc_preset(i)->name,
                                    PYMALLOC_RELEASE_PRESET);
            blocks[j] = heap_malloc(heaps[j], 64);
        }
        assert_foreign(&fixtures[0], heaps[0], blocks[1]);
        assert_foreign(&fixtures[1], heaps[1], blocks[0]);
        for (int j = 0; j < 2; j++) {
            heap_free(heaps[j], blocks[j]);
            fixture_end(&fixtures[j], heaps[j]);
        }
    }
}

/* A header that lies: it names an arena, but the address is not in it. */
static void a_header_that_lies_is_not_believed(void **state)
{
    (void)state;
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        const struct pymalloc_preset *preset = pymalloc_preset(i);
        struct fixture fixture;
        fixture_open(&fixture, 0);
        struct pymalloc *heap =
            fixture_heap(&fixture, preset->name, PYMALLOC_RELEASE_PRESET);
        char *block = heap_malloc(heap, 64);
        char *header = block - preset->pool_header_bytes;
        char *outside = fixture.region + 5 * FIXTURE_STRIDE;
        memcpy(outside, header, preset->pool_header_bytes);
        assert_foreign(&fixture, heap, outside + preset->pool_header_bytes);
        memset(outside, 0xff, preset->pool_header_bytes);
        assert_foreign(&fixture, heap, outside + preset->pool_header_bytes);
        heap_free(heap, block);
        fixture_end(&fixture, heap);
    }
}

#define LIVE_MAX 4096

struct live_block {
    unsigned char *address;
    size_t size;
    unsigned char mark;
};

static void check_contents(const struct live_block *block)
{
    for (size_t i = 0; i < block->size; i++) {
        assert_int_equal(block->address[i], block->mark);
    }
}

/* Sends random calls while requests for arenas and raw memory fail; whatever
 * was handed out keeps its contents, and nothing is lost. */
static void assert_nothing_is_lost(const char *preset, size_t refuse_every,
                                   size_t raw_fail_every)
{
    struct fixture fixture;
    fixture_open(&fixture, 16);
    struct pymalloc *heap =
        fixture_heap(&fixture, preset, PYMALLOC_RELEASE_PRESET);
    fixture.refuse_every = refuse_every;
    fixture.raw_fail_every = raw_fail_every;
    static struct live_block live[LIVE_MAX];
    size_t count = 0;
    size_t failures = 0;
    struct random random = random_seeded(refuse_every * 31 + raw_fail_every);
    for (int call = 0; call < 20000; call++) {
        const size_t size = 1 + (size_t)random_below(&random, 600);
        if (count < LIVE_MAX && random_below(&random, 100) < 55) {
            unsigned char *block = heap_malloc(heap, size);
            if (block == NULL) {
                failures++;
                continue;
            }
            live[count] =
                (struct live_block){block, size, (unsigned char)call};
            memset(block, live[count++].mark, size);
        } else if (count > 0) {
            const size_t index = (size_t)random_below(&random, count);
            struct live_block *block = &live[index];
            check_contents(block);
            unsigned char *moved = heap_realloc(heap, block->address, size);
            if (moved == NULL) {
                failures++;
                check_contents(block);
            } else {
                block->address = moved;
                block->size = size < block->size ? size : block->size;
                check_contents(block);
            }
            heap_free(heap, block->address);
            *block = live[--count];
        }
        assert_int_equal(fixture.taken_count,
                         heap_statistics(heap).arenas_current);
    }
    while (count > 0) {
        check_contents(&live[--count]);
        heap_free(heap, live[count].address);
    }
    const struct pymalloc_statistics statistics = heap_statistics(heap);
    assert_bytes_add_up(&statistics);
    assert_int_equal(statistics.bytes_allocated_blocks, 0);
    assert_int_equal(statistics.raw_blocks, 0);
    assert_true(failures > 0 || raw_fail_every == 0);
    fixture_end(&fixture, heap);
    assert_int_equal(fixture.raw_live, 0);
}

static void a_failing_provider_or_raw_loses_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        for (size_t every = 1; every <= 5; every++) {
            assert_nothing_is_lost(pymalloc_preset(i)->name, every, 0);
            assert_nothing_is_lost(pymalloc_preset(i)->name, 0, every + 1);
            assert_nothing_is_lost(pymalloc_preset(i)->name, every, every + 1);
        }
    }
}

/* The arena vector and the nodes of the radix tree come from raw: each may
 * fail in its turn, the arena then goes back and the request is raw. */
static void an_arena_that_cannot_be_entered_goes_back(void **state)
{
    (void)state;
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        struct fixture fixture;
        fixture_open(&fixture, 16);
        struct pymalloc *heap = fixture_heap(
            &fixture, pymalloc_preset(i)->name, PYMALLOC_RELEASE_PRESET);
        fixture.raw_fail_every = 1;
        assert_null(heap_malloc(heap, 64));
        assert_int_equal(fixture.taken_count, 0);
        fixture.raw_fail_every = 2; /* the vector comes, the node does not */
        fixture.raw_calls = 0;
        void *block = heap_malloc(heap, 64);
        assert_non_null(block);
        assert_int_equal(heap_statistics(heap).arenas_current,
                         fixture.taken_count);
        heap_free(heap, block);
        fixture.raw_fail_every = 0;
        block = heap_malloc(heap, 64);
        assert_int_not_equal(fixture_slot(&fixture, block), OUTSIDE);
        heap_free(heap, block);
        fixture_end(&fixture, heap);
        assert_int_equal(fixture.raw_live, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_of_zero_or_above_the_threshold_are_raw),
        cmocka_unit_test(a_raw_block_stays_raw_when_it_shrinks),
        cmocka_unit_test(a_small_block_of_zero_bytes_becomes_raw),
        cmocka_unit_test(addresses_beside_an_arena_are_not_ours),
        cmocka_unit_test(a_block_of_another_instance_is_not_ours),
        cmocka_unit_test(a_header_that_lies_is_not_believed),
        cmocka_unit_test(a_failing_provider_or_raw_loses_nothing),
        cmocka_unit_test(an_arena_that_cannot_be_entered_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
