/* What is told of a loaded library: harness/build_id.c and
 * allocators/support/library_text.c, on the C library. */
#include "unit.h"

#include <gnu/libc-version.h>
#include <math.h>
#include <string.h>

#include "../../allocators/support/library_text.h"
#include "build_id.h"

static const char *const libc[] = {"libc.so.6", NULL};
static const char *const libm[] = {"libm.so.6", NULL};

static struct private_library open_library(const char *const *names)
{
    struct private_library library;
    struct identity identity;
    struct reason reason = {""};
    assert_int_equal(
        private_library_open(&library, names, NULL, &identity, &reason),
        STATUS_OK);
    return library;
}

static uint64_t address_in(const char *const *names, const char *symbol)
{
    const struct private_library library = open_library(names);
    const struct private_symbol found =
        private_library_symbol(&library, symbol);
    assert_non_null(found.address);
    return (uint64_t)(uintptr_t)found.address;
}

static void a_build_id_is_its_librarys(void **state)
{
    (void)state;
    char malloc_id[BUILD_ID_TEXT_BYTES], free_id[BUILD_ID_TEXT_BYTES];
    char other_id[BUILD_ID_TEXT_BYTES];
    read_build_id(address_in(libc, "malloc"), malloc_id);
    read_build_id(address_in(libc, "free"), free_id);
    read_build_id(address_in(libm, "fegetround"), other_id);
    assert_true(strlen(malloc_id) >= 32);
    assert_int_equal(strspn(malloc_id, "0123456789abcdef"), strlen(malloc_id));
    assert_string_equal(malloc_id, free_id);
    assert_string_not_equal(malloc_id, other_id);
}

static void what_no_library_holds_has_no_build_id(void **state)
{
    (void)state;
    char text[BUILD_ID_TEXT_BYTES] = "old";
    read_build_id(16, text);
    assert_string_equal(text, "");
}

static void a_text_is_found_by_what_stands_before_it(void **state)
{
    (void)state;
    const struct private_library library = open_library(libc);
    char text[64];
    library_text(&library, "stable release version", text, sizeof text);
    assert_int_equal(
        strncmp(text, gnu_get_libc_version(), strlen(gnu_get_libc_version())),
        0);
    char two[3];
    library_text(&library, "stable release version", two, sizeof two);
    assert_int_equal(strlen(two), 2);
    assert_int_equal(strncmp(two, text, 2), 0);
}

static void a_label_that_is_not_there_gives_an_empty_text(void **state)
{
    (void)state;
    const struct private_library library = open_library(libc);
    char text[64] = "old";
    library_text(&library, "no library\nsays this", text, sizeof text);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_build_id_is_its_librarys),
        cmocka_unit_test(what_no_library_holds_has_no_build_id),
        cmocka_unit_test(a_text_is_found_by_what_stands_before_it),
        cmocka_unit_test(a_label_that_is_not_there_gives_an_empty_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
