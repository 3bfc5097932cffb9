/* The map of arenas that backends hand over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../allocators/support/arena_map.h"

/* An arena's pools, one letter each. */
static void row(struct arena_map *map, uint64_t index, const char *pools)
{
    arena_map_arena(map, index);
    for (; *pools != '\0'; pools++) {
        arena_map_pool(map, *pools);
    }
}

static void check(struct arena_map *map, const char *expected)
{
    const size_t bytes = arena_map_end(map);
    assert_int_equal(bytes, strlen(expected));
    assert_memory_equal(map->out, expected, bytes);
}

static void no_arenas_are_an_empty_map(void **state)
{
    (void)state;
    char out[256];
    struct arena_map map;
    arena_map_begin(&map, out, sizeof out);
    arena_map_number(&map, "arena_bytes", UINT64_MAX);
    check(&map, "{\"arena_bytes\":18446744073709551615,\"map\":[]}");
}

static void runs_of_pools_are_counted(void **state)
{
    (void)state;
    char out[256];
    struct arena_map map;
    arena_map_begin(&map, out, sizeof out);
    row(&map, 3, "FFFaa-.");
    row(&map, 7, "FF");
    check(&map, "{\"map\":[\"3:3F2a-.\",\"7:2F\"]}");
}

static void equal_arenas_in_a_row_share_one(void **state)
{
    (void)state;
    char out[512];
    struct arena_map map;
    arena_map_begin(&map, out, sizeof out);
    row(&map, 0, "FF");
    row(&map, 1, "FF");
    row(&map, 2, "FF");
    row(&map, 4, "FF"); /* 3 is missing */
    row(&map, 5, "F-");
    row(&map, 6, "F-");
    row(&map, 7, "--");
    check(&map, "{\"map\":[\"0:2F*3\",\"4:2F\",\"5:F-*2\",\"7:2-\"]}");
}

static void a_run_ends_with_its_arena(void **state)
{
    (void)state;
    char out[256];
    struct arena_map map;
    arena_map_begin(&map, out, sizeof out);
    row(&map, 0, "aF");
    row(&map, 1, "Fa");
    check(&map, "{\"map\":[\"0:aF\",\"1:Fa\"]}");
}

/* Whatever the size, nothing is written behind it and it is said. */
static void what_does_not_fit_is_not_written(void **state)
{
    (void)state;
    char out[512];
    struct arena_map map;
    size_t enough = 0;
    for (size_t size = 0; size < sizeof out; size++) {
        memset(out, '#', sizeof out);
        arena_map_begin(&map, out, size);
        arena_map_number(&map, "pool_bytes", 4096);
        row(&map, 0, "FFFF");
        row(&map, 1, "FFFF");
        row(&map, 20, "F-F-");
        const size_t bytes = arena_map_end(&map);
        for (size_t i = size; i < sizeof out; i++) {
            assert_int_equal(out[i], '#');
        }
        if (bytes <= size) {
            assert_int_equal(out[bytes - 1], '}');
            enough = enough == 0 ? size : enough;
        } else {
            assert_int_equal(enough, 0);
        }
    }
    assert_true(enough > 0 && enough < sizeof out);
}

static void letters_are_tenths(void **state)
{
    (void)state;
    assert_int_equal(arena_map_letter(1, 1021), 'a');
    assert_int_equal(arena_map_letter(102, 1021), 'a');
    assert_int_equal(arena_map_letter(103, 1021), 'b');
    assert_int_equal(arena_map_letter(1020, 1021), 'j');
    assert_int_equal(arena_map_letter(1021, 1021), 'F');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_arenas_are_an_empty_map),
        cmocka_unit_test(runs_of_pools_are_counted),
        cmocka_unit_test(equal_arenas_in_a_row_share_one),
        cmocka_unit_test(a_run_ends_with_its_arena),
        cmocka_unit_test(what_does_not_fit_is_not_written),
        cmocka_unit_test(letters_are_tenths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
