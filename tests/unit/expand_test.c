/* harness/expand.c: lists, ranges and stars become addresses. */
#include "unit.h"

#include "addresses.h"
#include "expand.h"
#include "registry.h"

typedef enum status expander(const char *text, struct texts *addresses,
                             struct reason *reason);

/* Expands and compares; `expected` ends in NULL. */
static void assert_becomes(expander *expand, const char *typed,
                           const char *const *expected)
{
    struct texts addresses = {NULL, 0};
    struct reason reason = {""};
    if (expand(typed, &addresses, &reason) != STATUS_OK) {
        fail_msg("%s: %s", typed, reason.text);
    }
    size_t i = 0;
    for (; expected[i]; i++) {
        assert_true(i < addresses.count);
        assert_string_equal(addresses.items[i], expected[i]);
    }
    assert_int_equal(addresses.count, i);
    texts_free(&addresses);
}

static void assert_refused(expander *expand, const char *typed,
                           const char *part)
{
    struct texts addresses = {NULL, 0};
    struct reason reason = {""};
    assert_int_equal(expand(typed, &addresses, &reason), STATUS_FAILED);
    assert_contains(reason.text, part);
    texts_free(&addresses);
}

static size_t count_of(expander *expand, const char *typed)
{
    struct texts addresses = {NULL, 0};
    struct reason reason = {""};
    assert_int_equal(expand(typed, &addresses, &reason), STATUS_OK);
    const size_t count = addresses.count;
    texts_free(&addresses);
    return count;
}

#define TEXTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void a_plain_address_stands_for_itself(void **state)
{
    (void)state;
    static const char *const plain[] = {"",
                                        "survivors",
                                        "survivors+keep=100",
                                        "x=/opt/../lib.so:p_",
                                        "pymalloc@3..4",
                                        NULL};
    for (size_t i = 0; plain[i]; i++) {
        assert_becomes(expand_address, plain[i], TEXTS(plain[i]));
        assert_becomes(expand_allocator, plain[i], TEXTS(plain[i]));
    }
}

static void braces_make_an_address_of_each_value(void **state)
{
    (void)state;
    assert_becomes(expand_address, "w+k={a,b,c}",
                   TEXTS("w+k=a", "w+k=b", "w+k=c"));
    assert_becomes(expand_address, "w+k={a}", TEXTS("w+k=a"));
    assert_becomes(expand_address, "w+k={a,b}+j=1",
                   TEXTS("w+k=a+j=1", "w+k=b+j=1"));
}

static void several_lists_make_every_combination(void **state)
{
    (void)state;
    assert_becomes(expand_address, "w+a={1,2}+b={x,y,z}",
                   TEXTS("w+a=1+b=x", "w+a=1+b=y", "w+a=1+b=z", "w+a=2+b=x",
                         "w+a=2+b=y", "w+a=2+b=z"));
    assert_becomes(expand_address, "w+a=1..2+1+b={x,y}",
                   TEXTS("w+a=1+b=x", "w+a=2+b=x", "w+a=1+b=y", "w+a=2+b=y"));
    assert_int_equal(
        count_of(expand_address, "w+a={1,2}+b=1..1000*10+c=0..4+2+d={x,y}"),
        2 * 4 * 3 * 2);
}

static void a_list_may_stand_in_a_list_and_a_range_too(void **state)
{
    (void)state;
    assert_becomes(expand_address, "w+k={a,{b,c},d}",
                   TEXTS("w+k=a", "w+k=b", "w+k=c", "w+k=d"));
    assert_becomes(
        expand_address, "w+k={7,10..1000*10}+j=1",
        TEXTS("w+k=7+j=1", "w+k=10+j=1", "w+k=100+j=1", "w+k=1000+j=1"));
}

static void a_comma_behind_a_backslash_is_part_of_a_value(void **state)
{
    (void)state;
    assert_becomes(expand_address, "w+k={a\\,b,c}", TEXTS("w+k=a,b", "w+k=c"));
}

static void a_star_multiplies_from_bound_to_bound(void **state)
{
    (void)state;
    assert_becomes(expand_address, "w+k=100..100000*10",
                   TEXTS("w+k=100", "w+k=1000", "w+k=10000", "w+k=100000"));
    assert_becomes(expand_address, "w+k=1..9*2+j=3",
                   TEXTS("w+k=1+j=3", "w+k=2+j=3", "w+k=4+j=3", "w+k=8+j=3"));
    assert_becomes(expand_address, "w+k=1K..4K*2",
                   TEXTS("w+k=1024", "w+k=2048", "w+k=4096"));
    assert_becomes(expand_address, "w+k=5..5*2", TEXTS("w+k=5"));
}

static void a_plus_adds_from_bound_to_bound(void **state)
{
    (void)state;
    assert_becomes(expand_address, "w+k=1..9+4",
                   TEXTS("w+k=1", "w+k=5", "w+k=9"));
    assert_becomes(expand_address, "w+k=0..90+40",
                   TEXTS("w+k=0", "w+k=40", "w+k=80"));
    assert_becomes(expand_address, "w+k=0..2+1+j=3",
                   TEXTS("w+k=0+j=3", "w+k=1+j=3", "w+k=2+j=3"));
}

static void a_range_that_reaches_the_largest_number_ends(void **state)
{
    (void)state;
    assert_becomes(
        expand_address, "w+k=18446744073709551614..18446744073709551615+1",
        TEXTS("w+k=18446744073709551614", "w+k=18446744073709551615"));
    assert_becomes(expand_address, "w+k=1..18446744073709551615*4294967296",
                   TEXTS("w+k=1", "w+k=4294967296"));
}

static void lists_that_have_no_sense_are_refused_with_the_form(void **state)
{
    (void)state;
    static const char *const lists[] = {
        "w+k={}", "w+k={", "w+k={a,b", "w+k={a,{b,c}", "w+k={a}+j={", NULL};
    for (size_t i = 0; lists[i]; i++) {
        assert_refused(expand_address, lists[i], "key={one,two}");
    }
}

static void ranges_that_have_no_sense_are_refused_with_the_form(void **state)
{
    (void)state;
    static const char *const ranges[] = {
        "w+k=1..9", /* by what step? */
        "w+k=1..9*",
        "w+k=1..9+",
        "w+k=1..",
        "w+k=1..x*2",
        "w+k=9..1+1", /* backwards */
        "w+k=0..9*2", /* never gets on */
        "w+k=1..9*1",
        "w+k=1..9*0",
        "w+k=1..9+0",
        "w+k=1..9-1",
        "w+k=1...9+1",
        "w+k=1KK..9+1",
        "w+k=1..99999999999999999999999*10",
        "w+k=1..1111111111111111111111111111111111111111*10",
        NULL};
    for (size_t i = 0; ranges[i]; i++) {
        assert_refused(expand_address, ranges[i], "key=100..100000*10");
    }
}

static void a_thousand_addresses_are_enough(void **state)
{
    (void)state;
    assert_int_equal(count_of(expand_address, "w+k=1..1000+1"), EXPANSION_MAX);
    assert_refused(expand_address, "w+k=1..1001+1", "more than 1000");
    assert_refused(expand_address, "w+k=0..18446744073709551615+1",
                   "more than 1000");
    assert_refused(expand_address, "w+a=1..100+1+b=1..100+1",
                   "more than 1000");
}

static const struct allocator *allocator_named(const char *name)
{
    size_t i = 0;
    while (strcmp(allocators[i]->name, name) != 0) {
        i++;
        assert_non_null(allocators[i]);
    }
    return allocators[i];
}

static void a_star_for_a_variant_stands_for_each_of_them(void **state)
{
    (void)state;
    const struct variant *variants = allocator_named("pymalloc")->variants;
    struct texts addresses = {NULL, 0};
    struct reason reason = {""};
    assert_int_equal(
        expand_allocator("pymalloc:*+thp=off", &addresses, &reason),
        STATUS_OK);
    size_t i = 0;
    for (; variants[i].name; i++) {
        char expected[100];
        (void)snprintf(expected, sizeof expected, "pymalloc:%s+thp=off",
                       variants[i].name);
        assert_true(i < addresses.count);
        assert_string_equal(addresses.items[i], expected);
    }
    assert_true(i > 1);
    assert_int_equal(addresses.count, i);
    texts_free(&addresses);
    assert_int_equal(count_of(expand_allocator, "pymalloc:*"), i);
    assert_int_equal(count_of(expand_allocator, "pymalloc:*+thp={host,off}"),
                     2 * i);
}

static void a_star_where_there_are_no_variants_is_refused(void **state)
{
    (void)state;
    static const char *const stars[][2] = {
        {"bump:*", "only an allocator with variants takes ':*'"},
        {"pymaloc:*", "no such allocator"},
        {":*", "is no address"},
        {"j=jemalloc:*", "leave out 'j='"},
        {"jem*", "no such allocator"},
        {"x=*", "leave out 'x='"},
        {"pymaloc@*", "no such allocator"},
    };
    for (size_t i = 0; i < sizeof stars / sizeof *stars; i++) {
        assert_refused(expand_allocator, stars[i][0], stars[i][1]);
    }
}

static void a_star_for_a_workload_stands_for_each_of_them(void **state)
{
    (void)state;
    struct texts addresses = {NULL, 0};
    struct reason reason = {""};
    assert_int_equal(expand_workload("*", &addresses, &reason), STATUS_OK);
    size_t i = 0;
    for (; workloads[i]; i++) {
        assert_true(i < addresses.count);
        assert_string_equal(addresses.items[i], workloads[i]->name);
    }
    assert_int_equal(addresses.count, i);
    texts_free(&addresses);
}

static void a_star_in_a_path_is_part_of_the_path(void **state)
{
    (void)state;
    assert_becomes(expand_allocator, "x=/opt/a:*/lib.so",
                   TEXTS("x=/opt/a:*/lib.so"));
    assert_becomes(expand_allocator, "*=bump", TEXTS("*=bump"));
}

static void only_a_librarys_own_path_begins_where_the_user_is(void **state)
{
    (void)state;
    static const char *const whole[] = {
        "cpython+path=/opt/l.so", "x=cpython+path=/opt/l.so",
        "cpython+thp=off+path=/opt/l.so", "x=/opt/l.so+path=/a", NULL};
    struct texts addresses = {NULL, 0};
    struct reason reason = {""};
    for (size_t i = 0; whole[i]; i++) {
        assert_becomes(expand_allocator, whole[i], TEXTS(whole[i]));
    }
    assert_int_equal(
        expand_allocator("x=lib/l.so+thp=off", &addresses, &reason),
        STATUS_OK);
    assert_int_equal(strncmp(addresses.items[0], "x=/", 3), 0);
    assert_contains(addresses.items[0], "/lib/l.so+thp=off");
    texts_free(&addresses);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_address_stands_for_itself),
        cmocka_unit_test(braces_make_an_address_of_each_value),
        cmocka_unit_test(several_lists_make_every_combination),
        cmocka_unit_test(a_list_may_stand_in_a_list_and_a_range_too),
        cmocka_unit_test(a_comma_behind_a_backslash_is_part_of_a_value),
        cmocka_unit_test(a_star_multiplies_from_bound_to_bound),
        cmocka_unit_test(a_plus_adds_from_bound_to_bound),
        cmocka_unit_test(a_range_that_reaches_the_largest_number_ends),
        cmocka_unit_test(lists_that_have_no_sense_are_refused_with_the_form),
        cmocka_unit_test(ranges_that_have_no_sense_are_refused_with_the_form),
        cmocka_unit_test(a_thousand_addresses_are_enough),
        cmocka_unit_test(a_star_for_a_variant_stands_for_each_of_them),
        cmocka_unit_test(a_star_where_there_are_no_variants_is_refused),
        cmocka_unit_test(a_star_for_a_workload_stands_for_each_of_them),
        cmocka_unit_test(a_star_in_a_path_is_part_of_the_path),
        cmocka_unit_test(only_a_librarys_own_path_begins_where_the_user_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
