/* pymalloc's arenas: which one serves, and when one is given back. */
#include "pymalloc_filled.h"
#include "random.h"

/* The presets that keep usable_arenas in order. */
static const char *const ordered[] = {
    "2.5", "2.7", "2.7.17", "3.8", "3.9", "3.10", "3.15", "3.15-huge", NULL};

static void the_arena_with_the_fewest_free_pools_serves(void **state)
{
    (void)state;
    for (size_t i = 0; ordered[i] != NULL; i++) {
        struct filled filled;
        fill(&filled, ordered[i], PYMALLOC_RELEASE_PRESET, 3);
        free_pools(&filled, 0, 0, 3);
        free_pools(&filled, 1, 0, 1);
        free_pools(&filled, 2, 0, 2);
        static const int slots[] = {1, 2, 2, 0, 0, 0, 3};
        for (size_t j = 0; j < sizeof slots / sizeof slots[0]; j++) {
            assert_int_equal(open_pool(&filled), slots[j]);
        }
        end(&filled);
    }
}

static void among_equals_the_one_freed_in_last_serves(void **state)
{
    (void)state;
    for (size_t i = 0; ordered[i] != NULL; i++) {
        for (size_t freed = 1; freed <= 3; freed++) {
            struct filled filled;
            fill(&filled, ordered[i], PYMALLOC_RELEASE_PRESET, 4);
            free_pools(&filled, 1, 0, freed);
            free_pools(&filled, 3, 0, freed);
            free_pools(&filled, 0, 0, freed);
            static const int slots[] = {0, 3, 1};
            for (size_t j = 0; j < 3; j++) {
                for (size_t k = 0; k < freed; k++) {
                    assert_int_equal(open_pool(&filled), slots[j]);
                }
            }
            end(&filled);
        }
    }
}

static void a_wholly_free_arena_is_given_back_at_that_call(void **state)
{
    (void)state;
    static const enum pymalloc_release releases[] = {
        PYMALLOC_RELEASE_EMPTY, PYMALLOC_RELEASE_KEEP_ONE};
    for (size_t i = 0; ordered[i] != NULL; i++) {
        for (size_t j = 0; j < 2; j++) {
            struct filled filled;
            fill(&filled, ordered[i], releases[j], 3);
            /* Arena 2 goes first, so it is the last of usable_arenas. */
            free_pools(&filled, 2, 0, filled.pools - 1);
            free_pools(&filled, 1, 0, filled.pools - 1);
            for (size_t k = 1; k < filled.blocks; k++) {
                heap_free(filled.heap,
                          block_of(&filled, 1, filled.pools - 1, k));
            }
            assert_int_equal(filled.fixture.taken_count, 3);
            heap_free(filled.heap, block_of(&filled, 1, filled.pools - 1, 0));
            assert_int_equal(filled.fixture.taken_count, 2);
            assert_int_equal(filled.fixture.last_given, 1);
            const struct pymalloc_statistics statistics =
                heap_statistics(filled.heap);
            assert_int_equal(statistics.arenas_allocated_total, 3);
            assert_int_equal(statistics.arenas_reclaimed, 1);
            assert_int_equal(statistics.arenas_highwater, 3);
            assert_int_equal(statistics.arenas_current, 2);
            assert_bytes_add_up(&statistics);
            end(&filled);
        }
    }
}

/* Releases and how many of 5 arenas stay after a full drain. */
static const struct {
    enum pymalloc_release release;
    size_t kept;
} drains[] = {
    {PYMALLOC_RELEASE_NEVER, 5},
    {PYMALLOC_RELEASE_EMPTY, 0},
    {PYMALLOC_RELEASE_KEEP_ONE, 1},
};

static void a_full_drain_keeps_what_the_policy_says(void **state)
{
    (void)state;
    for (size_t i = 0; ordered[i] != NULL; i++) {
        for (size_t j = 0; j < sizeof drains / sizeof drains[0]; j++) {
            struct filled filled;
            fill(&filled, ordered[i], drains[j].release, 5);
            for (size_t arena = 0; arena < 5; arena++) {
                free_pools(&filled, arena, 0, filled.pools);
            }
            assert_int_equal(filled.fixture.taken_count, drains[j].kept);
            const struct pymalloc_statistics statistics =
                heap_statistics(filled.heap);
            assert_int_equal(statistics.arenas_current, drains[j].kept);
            assert_int_equal(statistics.bytes_unused_pools,
                             drains[j].kept * filled.preset->arena_bytes);
            assert_bytes_add_up(&statistics);
            end(&filled);
        }
    }
}

static void the_kept_arena_is_used_last(void **state)
{
    (void)state;
    struct filled filled;
    fill(&filled, "3.10", PYMALLOC_RELEASE_KEEP_ONE, 3);
    free_pools(&filled, 0, 0, 2);
    free_pools(&filled, 1, 0, filled.pools); /* last, but not alone: kept */
    assert_int_equal(filled.fixture.taken_count, 3);
    free_pools(&filled, 2, 0, filled.pools - 1);
    assert_int_equal(open_pool(&filled), 0);
    assert_int_equal(open_pool(&filled), 0);
    for (size_t i = 1; i < filled.pools; i++) {
        assert_int_equal(open_pool(&filled), 2);
    }
    assert_int_equal(open_pool(&filled), 1);
    end(&filled);
}

/* How often an arena comes and goes when one block does at its edge. */
static size_t thrash(const char *preset, enum pymalloc_release release)
{
    struct filled filled;
    fill(&filled, preset, release, 2);
    for (int i = 0; i < 100; i++) {
        heap_free(filled.heap, heap_malloc(filled.heap, FILL_BYTES));
    }
    const size_t taken = filled.fixture.take_calls - 2;
    end(&filled);
    return taken;
}

static void keeping_one_arena_ends_the_thrashing(void **state)
{
    (void)state;
    assert_int_equal(thrash("3.10", PYMALLOC_RELEASE_EMPTY), 100);
    assert_int_equal(thrash("3.10", PYMALLOC_RELEASE_KEEP_ONE), 1);
    assert_int_equal(thrash("3.8", PYMALLOC_RELEASE_PRESET), 100);
    assert_int_equal(thrash("3.9", PYMALLOC_RELEASE_PRESET), 1);
}

static void python_2_3_has_one_list_of_free_pools(void **state)
{
    (void)state;
    struct filled filled;
    fill(&filled, "2.3", PYMALLOC_RELEASE_PRESET, 3);
    free_pool(&filled, 1, 5);
    free_pools(&filled, 0, 0, filled.pools);
    free_pool(&filled, 2, 7);
    assert_int_equal(filled.fixture.taken_count, 3);
    const struct pymalloc_statistics statistics = heap_statistics(filled.heap);
    assert_int_equal(statistics.bytes_unused_pools,
                     (filled.pools + 2) * filled.preset->pool_bytes);
    assert_bytes_add_up(&statistics);

    assert_int_equal(open_pool(&filled), 2);
    for (size_t i = 0; i < filled.pools; i++) {
        assert_int_equal(open_pool(&filled), 0);
    }
    assert_int_equal(open_pool(&filled), 1);
    assert_int_equal(open_pool(&filled), 3);
    end(&filled);
}

static void
python_2_3_carves_the_newest_arena_when_no_pool_is_free(void **state)
{
    (void)state;
    struct filled filled;
    fill(&filled, "2.3", PYMALLOC_RELEASE_PRESET, 2);
    assert_int_equal(open_pool(&filled), 2);
    free_pool(&filled, 0, 0);
    assert_int_equal(open_pool(&filled), 0);
    assert_int_equal(open_pool(&filled), 2);
    end(&filled);
}

/* Pool j of every arena, arenas ascending for even j, descending for odd:
 * the order that makes the linear search worst. */
static uint64_t zigzag_steps(const char *preset, size_t arenas)
{
    struct filled filled;
    fill(&filled, preset, PYMALLOC_RELEASE_PRESET, arenas);
    for (size_t pool = 0; pool < filled.pools; pool++) {
        for (size_t i = 0; i < arenas; i++) {
            free_pool(&filled, pool % 2 == 0 ? i : arenas - 1 - i, pool);
        }
    }
    const uint64_t steps = heap_statistics(filled.heap).scan_steps;
    end(&filled);
    return steps;
}

static void the_search_before_3_8_is_quadratic_in_zigzag_order(void **state)
{
    (void)state;
    static const char *const scanning[] = {"2.5", "2.7", "2.7.17", NULL};
    for (size_t i = 0; scanning[i] != NULL; i++) {
        const double once = (double)zigzag_steps(scanning[i], 16);
        const double twice = (double)zigzag_steps(scanning[i], 32);
        assert_true(once > 0);
        assert_true(twice / once > 3.5 && twice / once < 4.5);
    }
    assert_int_equal(zigzag_steps("3.8", 32), 0);
    assert_int_equal(zigzag_steps("3.10", 32), 0);
}

#define LIVE_MAX 20000

/* Grows and shrinks in waves, in runs of neighbours and singly; the same
 * calls in both instances, which must answer alike. */
static void assert_same_places(const char *const presets[2],
                               enum pymalloc_release release, uint64_t seed)
{
    struct fixture fixtures[2];
    struct pymalloc *heaps[2];
    static void *live[LIVE_MAX][2];
    for (int side = 0; side < 2; side++) {
        fixture_open(&fixtures[side], 0);
        heaps[side] = fixture_heap(&fixtures[side], presets[side], release);
    }
    struct random random = random_seeded(seed);
    size_t count = 0;
    for (int call = 0; call < 400000; call++) {
        const bool grows = (call / (LIVE_MAX * 2)) % 2 == 0;
        const bool allocates =
            count == 0 || (count < LIVE_MAX &&
                           random_below(&random, 100) < (grows ? 70 : 30));
        const size_t size =
            (1 + (size_t)(call / (LIVE_MAX * 4)) % 4) * 128 - 16;
        const size_t index = (size_t)random_below(&random, count + 1);
        for (int side = 0; side < 2; side++) {
            if (allocates) {
                live[count][side] = heap_malloc(heaps[side], size);
            } else {
                const size_t gone = index < count ? index : count - 1;
                heap_free(heaps[side], live[gone][side]);
                live[gone][side] = live[count - 1][side];
            }
        }
        count = allocates ? count + 1 : count - 1;
        if (allocates) {
            assert_int_equal(fixture_place(&fixtures[0], live[count - 1][0]),
                             fixture_place(&fixtures[1], live[count - 1][1]));
        }
        assert_int_equal(fixtures[0].taken_count, fixtures[1].taken_count);
        assert_int_equal(fixtures[0].last_given, fixtures[1].last_given);
    }
    assert_true(fixtures[0].take_calls > 10);
    for (int side = 0; side < 2; side++) {
        fixture_end(&fixtures[side], heaps[side]);
    }
}

static void the_table_of_3_8_keeps_the_order_of_the_search(void **state)
{
    (void)state;
    static const char *const pair[2] = {"2.7.17", "3.8"};
    for (uint64_t seed = 1; seed <= 3; seed++) {
        assert_same_places(pair, PYMALLOC_RELEASE_EMPTY, seed);
        assert_same_places(pair, PYMALLOC_RELEASE_KEEP_ONE, seed);
        assert_same_places(pair, PYMALLOC_RELEASE_NEVER, seed);
    }
}

static void a_misaligned_arena_loses_one_pool(void **state)
{
    (void)state;
    static const size_t offsets[] = {0, 16, 4096, 4112};
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        const struct pymalloc_preset *preset = pymalloc_preset(i);
        for (size_t j = 0; j < 4; j++) {
            struct fixture fixture;
            fixture_open(&fixture, offsets[j]);
            struct pymalloc *heap =
                fixture_heap(&fixture, preset->name, PYMALLOC_RELEASE_PRESET);
            const size_t lost =
                offsets[j] % preset->pool_bytes != 0 ? preset->pool_bytes : 0;
            while (fixture.taken_count < 2) {
                void *block = heap_malloc(heap, 64);
                assert_true(fixture_offset(&fixture, block) + 64 <=
                            preset->arena_bytes);
            }
            const struct pymalloc_statistics statistics =
                heap_statistics(heap);
            assert_int_equal(statistics.bytes_arena_alignment, 2 * lost);
            const size_t pools =
                (preset->arena_bytes - lost) / preset->pool_bytes;
            assert_int_equal(
                statistics.classes[64 / preset->alignment_bytes - 1].pools,
                pools + 1);
            assert_bytes_add_up(&statistics);
            fixture_end(&fixture, heap);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_arena_with_the_fewest_free_pools_serves),
        cmocka_unit_test(among_equals_the_one_freed_in_last_serves),
        cmocka_unit_test(a_wholly_free_arena_is_given_back_at_that_call),
        cmocka_unit_test(a_full_drain_keeps_what_the_policy_says),
        cmocka_unit_test(the_kept_arena_is_used_last),
        cmocka_unit_test(keeping_one_arena_ends_the_thrashing),
        cmocka_unit_test(python_2_3_has_one_list_of_free_pools),
        cmocka_unit_test(
            python_2_3_carves_the_newest_arena_when_no_pool_is_free),
        cmocka_unit_test(the_search_before_3_8_is_quadratic_in_zigzag_order),
        cmocka_unit_test(the_table_of_3_8_keeps_the_order_of_the_search),
        cmocka_unit_test(a_misaligned_arena_loses_one_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
