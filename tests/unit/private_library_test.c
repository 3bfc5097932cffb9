/* allocators/support/private_library.c, tried on libm: a library that is
 * always there and depends on libc. */
#include "../../allocators/support/private_library.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const libm[] = {"libm.so.6", NULL};

static struct private_library open_libm(struct identity *identity)
{
    struct private_library library = {0};
    struct reason reason = {""};
    assert_int_equal(
        private_library_open(&library, libm, NULL, identity, &reason),
        STATUS_OK);
    return library;
}

static void a_library_is_opened_and_its_real_path_told(void **state)
{
    (void)state;
    struct identity identity = {0};
    const struct private_library library = open_libm(&identity);
    assert_non_null(library.handle);
    char again[4096];
    assert_non_null(realpath(identity.library, again));
    assert_string_equal(identity.library, again);
    assert_int_equal(identity.library[0], '/');
    assert_non_null(strstr(identity.library, "libm"));
}

static void names_that_are_not_installed_are_skipped(void **state)
{
    (void)state;
    const char *const names[] = {"libgiveback-absent.so.1",
                                 "/nonexistent/libm.so", "libm.so.6", NULL};
    struct private_library library = {0};
    struct identity identity = {0};
    struct reason reason = {""};
    assert_int_equal(
        private_library_open(&library, names, NULL, &identity, &reason),
        STATUS_OK);
    assert_non_null(strstr(identity.library, "libm"));
}

static void
an_absent_library_is_unsupported_and_names_the_package(void **state)
{
    (void)state;
    const char *const names[] = {"libgiveback-absent.so.1",
                                 "libgiveback-absent.so.0", NULL};
    struct private_library library = {0};
    struct identity identity = {0};
    struct reason reason = {""};
    assert_int_equal(private_library_open(&library, names, "libabsent1",
                                          &identity, &reason),
                     STATUS_UNSUPPORTED);
    assert_non_null(strstr(reason.text, "libabsent1"));
    assert_non_null(strstr(reason.text, "libgiveback-absent.so.1, "
                                        "libgiveback-absent.so.0"));
    assert_null(library.handle);
}

static void a_broken_library_fails_in_the_loaders_words(void **state)
{
    (void)state;
    char path[] = "./giveback-broken-XXXXXX";
    const int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, "no library at all\n", 18), 18);
    assert_int_equal(close(file), 0);

    const char *const names[] = {path, "libm.so.6", NULL};
    struct private_library library = {0};
    struct identity identity = {0};
    struct reason reason = {""};
    const enum status status =
        private_library_open(&library, names, NULL, &identity, &reason);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(status, STATUS_FAILED);
    assert_non_null(strstr(reason.text, path));
    assert_null(library.handle);
}

static void a_symbol_of_the_library_is_found_at_home(void **state)
{
    (void)state;
    struct identity identity = {0};
    const struct private_library library = open_libm(&identity);
    const struct private_symbol symbol =
        private_library_symbol(&library, "cos");
    assert_non_null(symbol.address);
    assert_non_null(strstr(symbol.home, "libm"));
}

static void a_symbol_of_a_dependency_is_refused_with_its_home(void **state)
{
    (void)state;
    struct identity identity = {0};
    const struct private_library library = open_libm(&identity);
    const struct private_symbol symbol =
        private_library_symbol(&library, "malloc");
    assert_null(symbol.address);
    assert_non_null(symbol.home);
    assert_null(strstr(symbol.home, "libm."));
}

static void a_symbol_that_nobody_has_has_no_home(void **state)
{
    (void)state;
    struct identity identity = {0};
    const struct private_library library = open_libm(&identity);
    const struct private_symbol symbol =
        private_library_symbol(&library, "giveback_no_such_symbol");
    assert_null(symbol.address);
    assert_null(symbol.home);
}

struct cosines {
    double (*cosine)(double);
    float (*cosine_f)(float);
    void *(*allocate)(size_t);
};

static void a_table_is_bound_with_its_prefix(void **state)
{
    (void)state;
    static const struct private_binding bindings[] = {
        {"s", offsetof(struct cosines, cosine), false},
        {"sf", offsetof(struct cosines, cosine_f), false},
        {"nothing", offsetof(struct cosines, allocate), true},
        {0},
    };
    struct identity identity = {0};
    const struct private_library library = open_libm(&identity);
    struct cosines cosines = {.allocate = malloc};
    struct reason reason = {""};
    assert_int_equal(
        private_library_bind(&library, "co", bindings, &cosines, &reason),
        STATUS_OK);
    assert_true(cosines.cosine(0.0) == 1.0);
    assert_true(cosines.cosine_f(0.0F) == 1.0F);
    assert_true(cosines.allocate == NULL);
}

static void a_required_row_that_lives_elsewhere_is_unsupported(void **state)
{
    (void)state;
    static const struct private_binding bindings[] = {
        {"malloc", offsetof(struct cosines, allocate), false},
        {"cos", offsetof(struct cosines, cosine), false},
        {0},
    };
    struct identity identity = {0};
    const struct private_library library = open_libm(&identity);
    struct cosines cosines = {.allocate = malloc};
    struct reason reason = {""};
    assert_int_equal(
        private_library_bind(&library, "", bindings, &cosines, &reason),
        STATUS_UNSUPPORTED);
    assert_true(cosines.allocate == NULL);
    assert_non_null(strstr(reason.text, "no malloc of its own"));
    assert_true(cosines.cosine != NULL);
}

static void a_required_row_that_nobody_has_is_unsupported(void **state)
{
    (void)state;
    static const struct private_binding bindings[] = {
        {"giveback_no_such_symbol", offsetof(struct cosines, cosine), false},
        {0},
    };
    struct identity identity = {0};
    const struct private_library library = open_libm(&identity);
    struct cosines cosines = {0};
    struct reason reason = {""};
    assert_int_equal(
        private_library_bind(&library, "", bindings, &cosines, &reason),
        STATUS_UNSUPPORTED);
    assert_non_null(strstr(reason.text, "has no giveback_no_such_symbol"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_library_is_opened_and_its_real_path_told),
        cmocka_unit_test(names_that_are_not_installed_are_skipped),
        cmocka_unit_test(
            an_absent_library_is_unsupported_and_names_the_package),
        cmocka_unit_test(a_broken_library_fails_in_the_loaders_words),
        cmocka_unit_test(a_symbol_of_the_library_is_found_at_home),
        cmocka_unit_test(a_symbol_of_a_dependency_is_refused_with_its_home),
        cmocka_unit_test(a_symbol_that_nobody_has_has_no_home),
        cmocka_unit_test(a_table_is_bound_with_its_prefix),
        cmocka_unit_test(a_required_row_that_lives_elsewhere_is_unsupported),
        cmocka_unit_test(a_required_row_that_nobody_has_is_unsupported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
