/* The memory limit (CPython's WITH_MEMORY_LIMITS): no more arenas at one time
 * than fit, other requests are raw. */
#include "pymalloc_filled.h"

#define LIMIT_ARENAS 3

static struct pymalloc *limited(struct fixture *fixture, const char *preset,
                                enum pymalloc_release release,
                                size_t limit_bytes)
{
    fixture_open(fixture, 0);
    return fixture_heap_of(fixture, &(struct pymalloc_options){
                                        .preset = preset,
                                        .release = release,
                                        .memory_limit_bytes = limit_bytes});
}

/* Whether a request is raw; if it is, the block is freed again. */
static bool is_raw(const struct fixture *fixture, struct pymalloc *heap,
                   size_t size)
{
    void *block = heap_malloc(heap, size);
    assert_non_null(block);
    const bool raw = fixture_slot(fixture, block) == OUTSIDE;
    if (raw) {
        assert_int_equal(heap_statistics(heap).raw_blocks, 1);
        heap_free(heap, block);
    }
    return raw;
}

/* Fills until requests are raw; returns the blocks that were not. */
static size_t fill_up(const struct fixture *fixture, struct pymalloc *heap)
{
    size_t blocks = 0;
    while (!is_raw(fixture, heap, FILL_BYTES)) {
        blocks++;
        assert_true(fixture->taken_count <= LIMIT_ARENAS);
    }
    return blocks;
}

/* Blocks of FILL_BYTES in the arenas of the limit. */
static size_t blocks_that_fit(const struct pymalloc_preset *preset)
{
    return LIMIT_ARENAS * (preset->arena_bytes / preset->pool_bytes) *
           ((preset->pool_bytes - HEADER_BYTES) / FILL_BYTES);
}

static void requests_above_the_limit_are_raw(void **state)
{
    (void)state;
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        const struct pymalloc_preset *preset = pymalloc_preset(i);
        struct fixture fixture;
        /* What does not make an arena allows none. */
        struct pymalloc *heap =
            limited(&fixture, preset->name, PYMALLOC_RELEASE_PRESET,
                    (LIMIT_ARENAS + 1) * preset->arena_bytes - 1);
        assert_int_equal(fill_up(&fixture, heap), blocks_that_fit(preset));
        assert_int_equal(fixture.take_calls, LIMIT_ARENAS);
        for (int j = 0; j < 100; j++) {
            assert_true(is_raw(&fixture, heap, OTHER_BYTES));
        }
        assert_int_equal(fixture.take_calls, LIMIT_ARENAS);
        const struct pymalloc_statistics statistics = heap_statistics(heap);
        assert_int_equal(statistics.arenas_highwater, LIMIT_ARENAS);
        assert_bytes_add_up(&statistics);
        fixture_end(&fixture, heap);
    }
}

static void a_limit_below_an_arena_makes_everything_raw(void **state)
{
    (void)state;
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        struct fixture fixture;
        struct pymalloc *heap = limited(&fixture, pymalloc_preset(i)->name,
                                        PYMALLOC_RELEASE_PRESET, 1);
        assert_true(is_raw(&fixture, heap, 1));
        assert_int_equal(fixture.take_calls, 0);
        fixture_end(&fixture, heap);
    }
}

static void an_arena_that_went_makes_room_for_another(void **state)
{
    (void)state;
    for (size_t i = 1; pymalloc_preset(i) != NULL; i++) {
        const struct pymalloc_preset *preset = pymalloc_preset(i);
        struct filled filled;
        fill_heap_of(
            &filled,
            &(struct pymalloc_options){.preset = preset->name,
                                       .release = PYMALLOC_RELEASE_EMPTY,
                                       .memory_limit_bytes =
                                           LIMIT_ARENAS * preset->arena_bytes},
            LIMIT_ARENAS);
        assert_true(is_raw(&filled.fixture, filled.heap, OTHER_BYTES));
        free_pools(&filled, 1, 0, filled.pools);
        assert_int_equal(filled.fixture.taken_count, LIMIT_ARENAS - 1);
        for (size_t j = 0; j < filled.pools; j++) {
            assert_int_equal(open_pool(&filled), 1);
        }
        assert_true(is_raw(&filled.fixture, filled.heap, OTHER_BYTES));
        assert_int_equal(heap_statistics(filled.heap).arenas_current,
                         LIMIT_ARENAS);
        assert_int_equal(filled.fixture.take_calls, LIMIT_ARENAS + 1);
        end(&filled);
    }
}

/* 2.3 counts what was ever taken, and keeps it: its free pools make room. */
static void in_2_3_a_free_pool_makes_room_and_nothing_else(void **state)
{
    (void)state;
    struct filled filled;
    const size_t arena_bytes = pymalloc_preset(0)->arena_bytes;
    fill_heap_of(&filled,
                 &(struct pymalloc_options){.preset = "2.3",
                                            .memory_limit_bytes =
                                                LIMIT_ARENAS * arena_bytes},
                 LIMIT_ARENAS);
    free_pools(&filled, 2, 0, filled.pools);
    assert_int_equal(filled.fixture.taken_count, LIMIT_ARENAS);
    for (size_t i = 0; i < filled.pools; i++) {
        assert_int_equal(open_pool(&filled), 2);
    }
    assert_true(is_raw(&filled.fixture, filled.heap, OTHER_BYTES));
    assert_int_equal(filled.fixture.take_calls, LIMIT_ARENAS);
    end(&filled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_above_the_limit_are_raw),
        cmocka_unit_test(a_limit_below_an_arena_makes_everything_raw),
        cmocka_unit_test(an_arena_that_went_makes_room_for_another),
        cmocka_unit_test(in_2_3_a_free_pool_makes_room_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
