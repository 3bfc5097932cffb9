/* harness/nearest.c: the name that a user probably meant. */
#include "unit.h"

#include "nearest.h"

/* The nearest of some names, which end in NULL. */
static struct nearest nearest_of(const char *typed, const char *const *names)
{
    struct nearest nearest = {.typed = typed, .length = strlen(typed)};
    for (; *names; names++) {
        nearest_offer(&nearest, *names);
    }
    return nearest;
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void distances_are_those_of_levenshtein(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *name;
        size_t distance;
    } rows[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"abc", "", 3},
        {"abc", "abc", 0},
        {"abc", "abd", 1},        /* one replaced */
        {"abc", "abcd", 1},       /* one added */
        {"abc", "ac", 1},         /* one dropped */
        {"ab", "ba", 2},          /* two that changed places */
        {"kitten", "sitting", 3}, /* k-s, e-i, +g */
        {"jemaloc", "jemalloc", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(
            nearest_of(rows[i].typed, NAMES(rows[i].name)).distance,
            rows[i].distance);
    }
}

static void the_closest_name_wins_wherever_it_stands(void **state)
{
    (void)state;
    assert_string_equal(
        nearest_of("sytem", NAMES("jemalloc", "system", "bump")).name,
        "system");
    assert_string_equal(
        nearest_of("bum", NAMES("bump", "system", "jemalloc")).name, "bump");
    assert_string_equal(
        nearest_of("mimaloc", NAMES("jemalloc", "system", "mimalloc")).name,
        "mimalloc");
}

static void of_names_equally_close_the_first_wins(void **state)
{
    (void)state;
    assert_string_equal(nearest_of("cat", NAMES("bat", "hat", "car")).name,
                        "bat");
}

static void without_names_there_is_none(void **state)
{
    (void)state;
    const struct nearest nearest = {.typed = "x", .length = 1};
    assert_null(nearest.name);
}

static void only_the_typed_length_is_read(void **state)
{
    (void)state;
    struct nearest nearest = {.typed = "order=fifo", .length = 5};
    nearest_offer(&nearest, "objects");
    nearest_offer(&nearest, "order");
    assert_string_equal(nearest.name, "order");
    assert_int_equal(nearest.distance, 0);
}

static void long_names_are_cut_not_overrun(void **state)
{
    (void)state;
    char typed[5001], name[5001];
    memset(typed, 'a', sizeof typed);
    memset(name, 'b', sizeof name);
    typed[5000] = name[5000] = '\0';
    struct nearest nearest = nearest_of(typed, NAMES(name));
    assert_int_equal(nearest.distance, 63);
    nearest_offer(&nearest, typed);
    assert_int_equal(nearest.distance, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_are_those_of_levenshtein),
        cmocka_unit_test(the_closest_name_wins_wherever_it_stands),
        cmocka_unit_test(of_names_equally_close_the_first_wins),
        cmocka_unit_test(without_names_there_is_none),
        cmocka_unit_test(only_the_typed_length_is_read),
        cmocka_unit_test(long_names_are_cut_not_overrun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
