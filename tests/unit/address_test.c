/* harness/address.c: every form that a user may type. */
#include "unit.h"

#include "address.h"

/* The parts wanted; NULL and 0 where absent. */
struct expected {
    const char *typed;
    const char *alias, *name, *version, *variant, *path, *prefix;
    struct setting settings[3]; /* ends in a row without a key */
};

static void assert_text(const char *actual, const char *expected)
{
    if (expected) {
        assert_non_null(actual);
        assert_string_equal(actual, expected);
    } else {
        assert_null(actual);
    }
}

static void assert_parses(const struct expected *expected)
{
    struct address address;
    struct reason reason = {""};
    memset(&address, 0xff, sizeof address); /* what was there is forgotten */
    assert_int_equal(address_parse(expected->typed, &address, &reason),
                     STATUS_OK);
    assert_text(address.alias, expected->alias);
    assert_text(address.name, expected->name);
    assert_text(address.version, expected->version);
    assert_text(address.variant, expected->variant);
    assert_text(address.path, expected->path);
    assert_text(address.prefix, expected->prefix);
    size_t count = 0;
    for (; expected->settings[count].key; count++) {
        assert_true(count < address.setting_count);
        assert_string_equal(address.settings[count].key,
                            expected->settings[count].key);
        assert_string_equal(address.settings[count].value,
                            expected->settings[count].value);
    }
    assert_int_equal(address.setting_count, count);
}

static void assert_all_parse(const struct expected *rows)
{
    for (; rows->typed; rows++) {
        assert_parses(rows);
    }
}

static void assert_refused(const char *typed, const char *part)
{
    struct address address;
    struct reason reason = {""};
    assert_int_equal(address_parse(typed, &address, &reason), STATUS_FAILED);
    assert_contains(reason.text, part);
}

static void the_parts_of_an_allocator_may_each_be_left_out(void **state)
{
    (void)state;
    static const struct expected rows[] = {
        {"jemalloc", .name = "jemalloc"},
        {"je=jemalloc", .alias = "je", .name = "jemalloc"},
        {"jemalloc@5.3.0", .name = "jemalloc", .version = "5.3.0"},
        {"pymalloc:3.10", .name = "pymalloc", .variant = "3.10"},
        {"system:*", .name = "system", .variant = "*"},
        {"jemalloc+thp=off", .name = "jemalloc", .settings = {{"thp", "off"}}},
        {"old=pymalloc@1.0:2.3+base=natural+thp=off", .alias = "old",
         .name = "pymalloc", .version = "1.0", .variant = "2.3",
         .settings = {{"base", "natural"}, {"thp", "off"}}},
        {.typed = NULL},
    };
    assert_all_parse(rows);
}

static void a_workload_is_a_name_with_settings(void **state)
{
    (void)state;
    static const struct expected rows[] = {
        {"survivors+keep=100+order=lifo", .name = "survivors",
         .settings = {{"keep", "100"}, {"order", "lifo"}}},
        {"w+a_1=", .name = "w", .settings = {{"a_1", ""}}},
        {"w+k=a=b", .name = "w", .settings = {{"k", "a=b"}}},
        {"w+k={a,b}", .name = "w", .settings = {{"k", "{a,b}"}}},
        {.typed = NULL},
    };
    assert_all_parse(rows);
}

static void a_library_is_an_alias_and_a_path(void **state)
{
    (void)state;
    static const struct expected rows[] = {
        {"mine=/opt/libmine.so", .alias = "mine", .path = "/opt/libmine.so"},
        {"je=/opt/libjemalloc.so.2:je_", .alias = "je",
         .path = "/opt/libjemalloc.so.2", .prefix = "je_"},
        {"x=/opt/lib.so:", .alias = "x", .path = "/opt/lib.so", .prefix = ""},
        {"x=build/lib.so", .alias = "x", .path = "build/lib.so"},
        {"x=/opt/lib.so:p_+thp=off", .alias = "x", .path = "/opt/lib.so",
         .prefix = "p_", .settings = {{"thp", "off"}}},
        {.typed = NULL},
    };
    assert_all_parse(rows);
}

static void a_path_may_hold_every_mark_of_an_address(void **state)
{
    (void)state;
    static const struct expected rows[] = {
        {"x=/opt/c++/lib.so", .alias = "x", .path = "/opt/c++/lib.so"},
        {"x=/opt/g+ +1=2/l.so", .alias = "x", .path = "/opt/g+ +1=2/l.so"},
        {"x=/opt/a,b/lib,c.so", .alias = "x", .path = "/opt/a,b/lib,c.so"},
        {"x=/opt/a:b/lib.so", .alias = "x", .path = "/opt/a:b/lib.so"},
        {"x=/opt/a:b/lib.so:p_", .alias = "x", .path = "/opt/a:b/lib.so",
         .prefix = "p_"},
        {"x=/opt/a=b/lib=c.so", .alias = "x", .path = "/opt/a=b/lib=c.so"},
        {"x=/opt/a@b/lib@1.so", .alias = "x", .path = "/opt/a@b/lib@1.so"},
        {"x=/opt/lib.so+path=/a+b/c:d=e.so", .alias = "x",
         .path = "/opt/lib.so", .settings = {{"path", "/a+b/c:d=e.so"}}},
        {.typed = NULL},
    };
    assert_all_parse(rows);
}

static void a_plus_without_a_key_behind_it_starts_no_setting(void **state)
{
    (void)state;
    static const struct expected rows[] = {
        {"a+b", .name = "a+b"},
        {"a+", .name = "a+"},
        {"a+=b", .alias = "a+", .name = "b"},
        {"a+B=c", .alias = "a+B", .name = "c"},
        {"w+k=1+2", .name = "w", .settings = {{"k", "1+2"}}},
        {"w+k=1+2+j=3", .name = "w", .settings = {{"k", "1+2"}, {"j", "3"}}},
        {.typed = NULL},
    };
    assert_all_parse(rows);
}

static void settings_begin_at_the_first_plus_with_a_key(void **state)
{
    (void)state;
    static const struct {
        const char *typed;
        const char *settings; /* NULL: none */
    } rows[] = {
        {"system", NULL},
        {"a+b", NULL},
        {"x=/opt/c++/lib.so", NULL},
        {"x=/opt/c++/lib.so+thp=off", "+thp=off"},
        {"bump+free_list=3+thp=off", "+free_list=3+thp=off"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *settings = address_settings(rows[i].typed);
        assert_text(settings, rows[i].settings);
    }
}

static void only_an_equals_sign_before_all_else_ends_an_alias(void **state)
{
    (void)state;
    static const struct expected rows[] = {
        {"a@1=b", .name = "a", .version = "1=b"},
        {"a:b=c", .name = "a", .variant = "b=c"},
        {"a=b=c", .alias = "a", .name = "b=c"},
        {"a:b@c", .name = "a", .variant = "b@c"},
        {"a b=c", .alias = "a b", .name = "c"},
        {.typed = NULL},
    };
    assert_all_parse(rows);
}

static void an_empty_part_is_refused_with_the_form(void **state)
{
    (void)state;
    static const char *const rows[] = {"",    "=",  "a=", "=a",     ":v",
                                       "a:",  "a@", "@1", "a@:v",   "+k=v",
                                       "x=@", "=:", "@:", "=/a.so", NULL};
    for (size_t i = 0; rows[i]; i++) {
        assert_refused(rows[i], "[alias=]name[@version][:variant]");
    }
}

static void a_path_without_an_alias_is_refused_with_the_remedy(void **state)
{
    (void)state;
    assert_refused("/opt/lib.so", "write NAME=/opt/lib.so");
    assert_refused("lib/x.so:je_", "write NAME=lib/x.so:je_");
}

static void settings_beyond_the_capacity_are_refused(void **state)
{
    (void)state;
    char typed[1 + 4 * (SETTING_CAPACITY + 1) + 1] = "w";
    struct address address;
    struct reason reason = {""};
    for (int i = 0; i < SETTING_CAPACITY; i++) {
        memcpy(typed + 1 + (size_t)i * 4, "+k=v", 5);
    }
    assert_int_equal(address_parse(typed, &address, &reason), STATUS_OK);
    assert_int_equal(address.setting_count, SETTING_CAPACITY);
    memcpy(typed + 1 + (size_t)SETTING_CAPACITY * 4, "+k=v", 5);
    assert_refused(typed, "more than 32 settings");
}

static void an_address_longer_than_its_place_is_refused(void **state)
{
    (void)state;
    static char typed[ADDRESS_BYTES + 1];
    struct address address;
    struct reason reason = {""};
    memset(typed, 'a', ADDRESS_BYTES);
    assert_refused(typed, "4096 bytes: at most 4095 fit");
    typed[ADDRESS_BYTES - 1] = '\0';
    assert_int_equal(address_parse(typed, &address, &reason), STATUS_OK);
    assert_string_equal(address.name, typed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_parts_of_an_allocator_may_each_be_left_out),
        cmocka_unit_test(a_workload_is_a_name_with_settings),
        cmocka_unit_test(a_library_is_an_alias_and_a_path),
        cmocka_unit_test(a_path_may_hold_every_mark_of_an_address),
        cmocka_unit_test(a_plus_without_a_key_behind_it_starts_no_setting),
        cmocka_unit_test(settings_begin_at_the_first_plus_with_a_key),
        cmocka_unit_test(only_an_equals_sign_before_all_else_ends_an_alias),
        cmocka_unit_test(an_empty_part_is_refused_with_the_form),
        cmocka_unit_test(a_path_without_an_alias_is_refused_with_the_remedy),
        cmocka_unit_test(settings_beyond_the_capacity_are_refused),
        cmocka_unit_test(an_address_longer_than_its_place_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
