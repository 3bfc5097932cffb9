/* harness/texts.c: lists of texts, and how they are split. */
#include "unit.h"

#include "texts.h"

/* Splits and compares; `expected` ends in NULL. */
static void assert_split(const char *list, const char *const *expected)
{
    struct texts texts = {NULL, 0};
    texts_split(&texts, list);
    size_t i = 0;
    for (; expected[i]; i++) {
        assert_true(i < texts.count);
        assert_string_equal(texts.items[i], expected[i]);
    }
    assert_int_equal(texts.count, i);
    texts_free(&texts);
}

#define PARTS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void commas_separate(void **state)
{
    (void)state;
    assert_split("a", PARTS("a"));
    assert_split("a,b c,d", PARTS("a", "b c", "d"));
}

static void empty_parts_are_parts(void **state)
{
    (void)state;
    assert_split("", PARTS(""));
    assert_split(",", PARTS("", ""));
    assert_split("a,,b,", PARTS("a", "", "b", ""));
}

static void a_comma_between_braces_does_not_separate(void **state)
{
    (void)state;
    assert_split("w+k={1,2},v", PARTS("w+k={1,2}", "v"));
    assert_split("w+k={1,{2,3},4},v", PARTS("w+k={1,{2,3},4}", "v"));
    assert_split("w+a={1,2}+b={3,4}", PARTS("w+a={1,2}+b={3,4}"));
}

static void braces_that_do_not_match_end_with_the_list(void **state)
{
    (void)state;
    assert_split("a={1,2", PARTS("a={1,2"));
    assert_split("a}b,c", PARTS("a}b", "c"));
}

static void a_backslash_keeps_a_comma_and_is_dropped(void **state)
{
    (void)state;
    assert_split("a\\,b,c", PARTS("a,b", "c"));
    assert_split("\\,", PARTS(","));
    assert_split("a\\,\\,b", PARTS("a,,b"));
}

static void a_backslash_before_anything_else_stays(void **state)
{
    (void)state;
    assert_split("a\\b,c\\", PARTS("a\\b", "c\\"));
    assert_split("a\\\\,b", PARTS("a\\,b"));
}

/* It is dropped when the braces' own list is split. */
static void a_backslash_between_braces_is_left_for_later(void **state)
{
    (void)state;
    assert_split("w+k={a\\,b,c},v", PARTS("w+k={a\\,b,c}", "v"));
}

static void a_list_grows_by_copies_that_it_owns(void **state)
{
    (void)state;
    struct texts texts = {NULL, 0};
    char text[] = "first";
    texts_add(&texts, text);
    texts_add_part(&texts, "second part", 6);
    texts_add_part(&texts, "none", 0);
    text[0] = 'F';
    assert_int_equal(texts.count, 3);
    assert_string_equal(texts.items[0], "first");
    assert_string_equal(texts.items[1], "second");
    assert_string_equal(texts.items[2], "");
    texts_split(&texts, "x,y");
    assert_int_equal(texts.count, 5);
    assert_string_equal(texts.items[4], "y");
    texts_free(&texts);
    assert_int_equal(texts.count, 0);
    assert_null(texts.items);
    texts_free(&texts); /* a second time is harmless */
}

static void allocated_memory_is_zeroed_and_there_for_no_bytes_too(void **state)
{
    (void)state;
    unsigned char *block = must_allocate(100, 10);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(block[i], 0);
    }
    free(block);
    block = must_allocate(0, 0);
    assert_non_null(block);
    free(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_separate),
        cmocka_unit_test(empty_parts_are_parts),
        cmocka_unit_test(a_comma_between_braces_does_not_separate),
        cmocka_unit_test(braces_that_do_not_match_end_with_the_list),
        cmocka_unit_test(a_backslash_keeps_a_comma_and_is_dropped),
        cmocka_unit_test(a_backslash_before_anything_else_stays),
        cmocka_unit_test(a_backslash_between_braces_is_left_for_later),
        cmocka_unit_test(a_list_grows_by_copies_that_it_owns),
        cmocka_unit_test(
            allocated_memory_is_zeroed_and_there_for_no_bytes_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
