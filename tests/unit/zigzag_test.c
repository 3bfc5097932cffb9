/* workloads/support/zigzag.c: the order of release, by hand. */
#include "unit.h"

#include "../../workloads/support/zigzag.h"

/* Objects of 2,000 bytes: 2 in a pool, 128 in an arena. */
enum { SIZE = 2000, PER_ARENA = 128, OBJECTS = 3 * PER_ARENA };

static char objects[OBJECTS];

static void stand_in_order(void **slots, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        slots[i] = &objects[i];
    }
}

static size_t number(const void *slot)
{
    return (size_t)((const char *)slot - objects);
}

static void pools_of_all_arenas_go_upwards_then_downwards(void **state)
{
    void *slots[OBJECTS], *room[OBJECTS];
    (void)state;
    stand_in_order(slots, OBJECTS);
    slots_zigzag(slots, OBJECTS, SIZE, room);
    static const size_t first_two_pools[] = {
        0,   1,   128, 129, 256, 257, /* pool 0, arenas upwards */
        258, 259, 130, 131, 2,   3,   /* pool 1, arenas downwards */
    };
    for (size_t i = 0; i < sizeof first_two_pools / sizeof(size_t); i++) {
        assert_int_equal(number(slots[i]), first_two_pools[i]);
    }
    /* The last pool, 63, is odd: it ends in the first arena. */
    assert_int_equal(number(slots[OBJECTS - 1]), PER_ARENA - 1);
}

static void every_object_is_released_once_however_many(void **state)
{
    static const size_t counts[] = {0, 1, 2, 127, 128, 129, 255, 300, 384};
    (void)state;
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
        void *slots[OBJECTS], *room[OBJECTS];
        bool seen[OBJECTS] = {false};
        stand_in_order(slots, counts[c]);
        slots_zigzag(slots, counts[c], SIZE, room);
        for (size_t i = 0; i < counts[c]; i++) {
            assert_true(number(slots[i]) < counts[c]);
            assert_false(seen[number(slots[i])]);
            seen[number(slots[i])] = true;
        }
    }
}

static void objects_that_fit_no_pool_are_pools_of_their_own(void **state)
{
    void *slots[65], *room[65];
    (void)state;
    stand_in_order(slots, 65); /* an arena of 64, and one more */
    slots_zigzag(slots, 65, 1 << 20, room);
    assert_int_equal(number(slots[0]), 0);
    assert_int_equal(number(slots[1]), 64); /* pool 0 of the second arena */
    assert_int_equal(number(slots[2]), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pools_of_all_arenas_go_upwards_then_downwards),
        cmocka_unit_test(every_object_is_released_once_however_many),
        cmocka_unit_test(objects_that_fit_no_pool_are_pools_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
