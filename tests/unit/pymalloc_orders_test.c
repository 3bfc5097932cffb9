/* Which arena serves the next pool, in every order, and that each order goes
 * with every release. */
#include "pymalloc_filled.h"
#include "pymalloc_stream.h"

#define ARENAS 5

static void fill_ordered(struct filled *filled, const char *preset,
                         enum pymalloc_arena_order order)
{
    fill_heap_of(filled,
                 &(struct pymalloc_options){.preset = preset,
                                            .order = order,
                                            .release = PYMALLOC_RELEASE_NEVER},
                 ARENAS);
}

static void lifo_serves_from_the_arena_that_last_became_usable(void **state)
{
    (void)state;
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        struct filled filled;
        fill_ordered(&filled, pymalloc_preset(i)->name, PYMALLOC_ORDER_LIFO);
        free_pools(&filled, 1, 0, 1);
        free_pools(&filled, 3, 0, 3);
        free_pools(&filled, 0, 0, 2);
        free_pools(&filled, 1, 1, 1); /* was usable before: stays behind */
        static const int slots[] = {0, 0, 3, 3, 3, 1, 1, ARENAS};
        for (size_t j = 0; j < sizeof slots / sizeof slots[0]; j++) {
            assert_int_equal(open_pool(&filled), slots[j]);
        }
        end(&filled);
    }
}

static void most_free_serves_from_the_arena_with_most_free_pools(void **state)
{
    (void)state;
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        struct filled filled;
        fill_ordered(&filled, pymalloc_preset(i)->name,
                     PYMALLOC_ORDER_MOST_FREE);
        free_pools(&filled, 2, 0, 3);
        free_pools(&filled, 0, 0, 1);
        free_pools(&filled, 4, 0, 5);
        static const int slots[] = {4, 4, 4};
        for (size_t j = 0; j < sizeof slots / sizeof slots[0]; j++) {
            assert_int_equal(open_pool(&filled), slots[j]);
        }
        /* 2 and 4 each have two more than 0, in turns. */
        size_t opened[ARENAS] = {0};
        for (size_t j = 0; j < 3; j++) {
            opened[open_pool(&filled)]++;
        }
        assert_int_equal(opened[0], 0);
        assert_int_equal(opened[2] + opened[4], 3);
        end(&filled);
    }
}

/* The free pools of the arenas, by slot. */
struct counts {
    const struct fixture *fixture;
    size_t free_pools[FIXTURE_SLOTS];
};

static void count_arena(void *context, const struct pymalloc_arena_view *view)
{
    struct counts *counts = context;
    const int slot = fixture_slot(counts->fixture, (const void *)view->base);
    assert_int_not_equal(slot, OUTSIDE);
    counts->free_pools[slot] = view->free_pools;
}

/* The most free pools, or the fewest but none, of any arena. */
static size_t extreme(const struct counts *counts, bool most)
{
    size_t found = most ? 0 : SIZE_MAX;
    for (size_t slot = 0; slot < FIXTURE_SLOTS; slot++) {
        const size_t count = counts->free_pools[slot];
        if (count > 0 && (most ? count > found : count < found)) {
            found = count;
        }
    }
    return found;
}

/* Pools are freed and opened at random; every one that is opened lies in an
 * arena that had the most or the fewest free ones. */
static void assert_serves_extreme(const char *preset,
                                  enum pymalloc_arena_order order, bool most)
{
    struct filled filled;
    fill_ordered(&filled, preset, order);
    static bool is_free[ARENAS][128];
    memset(is_free, 0, sizeof is_free);
    struct random random = random_seeded(1);
    for (size_t i = 0; i < ARENAS * filled.pools * 3 / 4; i++) {
        const size_t arena = (size_t)random_below(&random, ARENAS);
        const size_t pool = (size_t)random_below(&random, filled.pools);
        if (!is_free[arena][pool]) {
            free_pool(&filled, arena, pool);
            is_free[arena][pool] = true;
        }
    }
    for (int i = 0; i < 60; i++) {
        struct counts counts = {.fixture = &filled.fixture};
        pymalloc_inspect(filled.heap,
                         &(struct pymalloc_visitor){.context = &counts,
                                                    .arena = count_arena});
        const int slot = open_pool(&filled);
        assert_int_equal(counts.free_pools[slot], extreme(&counts, most));
    }
    end(&filled);
}

static void the_arena_that_serves_is_extreme(void **state)
{
    (void)state;
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        const char *name = pymalloc_preset(i)->name;
        assert_serves_extreme(name, PYMALLOC_ORDER_MOST_FREE, true);
        assert_serves_extreme(name, PYMALLOC_ORDER_FEWEST_FREE, false);
    }
}

/* What an order is named changes nothing where the preset has it already. */
static void the_order_of_a_preset_is_fewest_free(void **state)
{
    (void)state;
    for (size_t i = 1; pymalloc_preset(i) != NULL; i++) {
        const struct pymalloc_options silent = {.preset =
                                                    pymalloc_preset(i)->name};
        struct pymalloc_options named = silent;
        named.order = PYMALLOC_ORDER_FEWEST_FREE;
        const struct stream_answer one = stream_answer(&silent, 0, 9, 60000);
        const struct stream_answer other = stream_answer(&named, 0, 9, 60000);
        assert_int_equal(one.places, other.places);
        assert_int_equal(one.statistics, other.statistics);
    }
}

static void an_instance_tells_its_order_and_release(void **state)
{
    (void)state;
    struct filled filled;
    fill_heap_of(&filled,
                 &(struct pymalloc_options){.preset = "2.3",
                                            .order = PYMALLOC_ORDER_MOST_FREE,
                                            .release = PYMALLOC_RELEASE_KEEP_K,
                                            .keep_arenas = 3},
                 1);
    assert_string_equal(filled.preset->name, "2.3");
    assert_int_equal(filled.preset->order, PYMALLOC_ORDER_MOST_FREE);
    assert_int_equal(filled.preset->release, PYMALLOC_RELEASE_KEEP_K);
    end(&filled);
    fill(&filled, "2.3", PYMALLOC_RELEASE_PRESET, 1);
    assert_int_equal(filled.preset->order, PYMALLOC_ORDER_PRESET);
    end(&filled);
}

/* Every order with every release in every preset: contents stay, the account
 * adds up at every step of the stream. */
static void every_order_goes_with_every_release(void **state)
{
    (void)state;
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        for (int order = PYMALLOC_ORDER_FEWEST_FREE;
             order <= PYMALLOC_ORDER_MOST_FREE; order++) {
            for (int release = PYMALLOC_RELEASE_PRESET;
                 release <= PYMALLOC_RELEASE_DELAYED; release++) {
                const struct pymalloc_options options = {
                    .preset = pymalloc_preset(i)->name,
                    .order = (enum pymalloc_arena_order)order,
                    .release = (enum pymalloc_release)release,
                    .keep_arenas = release == PYMALLOC_RELEASE_KEEP_K ? 2 : 0,
                };
                (void)stream_answer(&options, 16, 4, 40000);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lifo_serves_from_the_arena_that_last_became_usable),
        cmocka_unit_test(most_free_serves_from_the_arena_with_most_free_pools),
        cmocka_unit_test(the_arena_that_serves_is_extreme),
        cmocka_unit_test(the_order_of_a_preset_is_fewest_free),
        cmocka_unit_test(an_instance_tells_its_order_and_release),
        cmocka_unit_test(every_order_goes_with_every_release),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
