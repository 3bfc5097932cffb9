/* harness/resolve.c: names, keys and values looked up and checked, on the
 * plug-ins that are built in. */
#include "unit.h"

#include "resolve.h"

static struct chosen_allocator allocator;
static struct chosen_workload workload;

static void resolve_good(const char *typed)
{
    struct reason reason = {""};
    if (resolve_allocator(typed, &allocator, &reason) != STATUS_OK) {
        fail_msg("%s: %s", typed, reason.text);
    }
}

static void workload_good(const char *typed)
{
    struct reason reason = {""};
    if (resolve_workload(typed, &workload, &reason) != STATUS_OK) {
        fail_msg("%s: %s", typed, reason.text);
    }
}

static void assert_setting(const struct settings_store *store, const char *key,
                           const char *expected)
{
    const char *value = settings_text(&store->settings, key);
    assert_non_null(value);
    assert_string_equal(value, expected);
}

static void assert_allocator_refused(const char *typed, const char *part)
{
    struct reason reason = {""};
    assert_int_equal(resolve_allocator(typed, &allocator, &reason),
                     STATUS_FAILED);
    assert_contains(reason.text, part);
}

static void assert_workload_refused(const char *typed, const char *part)
{
    struct reason reason = {""};
    assert_int_equal(resolve_workload(typed, &workload, &reason),
                     STATUS_FAILED);
    assert_contains(reason.text, part);
}

static void a_plain_name_gets_every_preset(void **state)
{
    (void)state;
    resolve_good("pymalloc");
    assert_string_equal(allocator.allocator->name, "pymalloc");
    assert_setting(&allocator.store, "preset", "3.10");
    assert_setting(&allocator.store, "release", "preset");
    assert_setting(&allocator.store, "thp", "host");
    workload_good("fill_drain");
    assert_setting(&workload.store, "objects", "10485760");
    assert_setting(&workload.store, "order", "fifo");
    assert_setting(&workload.store, "start", "warm");
    assert_null(settings_text(&workload.store.settings, "keep"));
}

static void a_variants_options_beat_presets_and_typed_ones_beat_both(void **s)
{
    (void)s;
    resolve_good("pymalloc:2.3");
    assert_string_equal(allocator.variant->name, "2.3");
    assert_setting(&allocator.store, "preset", "2.3");
    assert_setting(&allocator.store, "release", "preset");
    resolve_good("pymalloc:2.3+preset=3.9+release=never");
    assert_string_equal(allocator.variant->name, "2.3");
    assert_setting(&allocator.store, "preset", "3.9");
    assert_setting(&allocator.store, "release", "never");
}

static void the_first_variant_is_the_default(void **state)
{
    (void)state;
    resolve_good("jemalloc");
    assert_ptr_equal(allocator.variant, allocator.allocator->variants);
    resolve_good("bump");
    assert_null(allocator.variant);
}

static void the_label_is_the_alias_or_what_was_typed(void **state)
{
    (void)state;
    resolve_good("system:no_tcache+thp=off");
    assert_string_equal(allocator.label, "system:no_tcache+thp=off");
    resolve_good("base=system:no_tcache");
    assert_string_equal(allocator.label, "base");
    assert_string_equal(allocator.typed, "base=system:no_tcache");
}

static void every_allocator_takes_thp_and_every_workload_start(void **state)
{
    (void)state;
    resolve_good("bump+thp=off");
    assert_setting(&allocator.store, "thp", "off");
    resolve_good("x=/nowhere/lib.so+thp=off");
    assert_setting(&allocator.store, "thp", "off");
    workload_good("survivors+start=cold");
    assert_setting(&workload.store, "start", "cold");
    assert_allocator_refused("bump+thp=on", "did you mean '");
    assert_workload_refused("survivors+start=cool", "did you mean 'cold'?");
}

static void a_path_goes_to_the_backend_of_any_library(void **state)
{
    (void)state;
    resolve_good("mine=/opt/lib.so:my_");
    assert_string_equal(allocator.allocator->name, "shared_object");
    assert_string_equal(allocator.label, "mine");
    assert_setting(&allocator.store, "path", "/opt/lib.so");
    assert_setting(&allocator.store, "prefix", "my_");
    resolve_good("mine=/opt/lib.so");
    assert_setting(&allocator.store, "prefix", "");
    assert_allocator_refused("mine=/opt/lib.so+path=/other.so", "set twice");
}

static void unknown_names_are_answered_with_the_nearest(void **state)
{
    (void)state;
    assert_allocator_refused("jemaloc", "no allocator 'jemaloc': did you "
                                        "mean 'jemalloc'?");
    assert_allocator_refused("je=mimaloc", "did you mean 'mimalloc'?");
    assert_allocator_refused("System", "did you mean 'system'?");
    assert_allocator_refused("pymalloc:3.11", "pymalloc has no variant "
                                              "'3.11': did you mean '3.10'?");
    assert_allocator_refused("bump:fast", "bump has no variants");
    assert_workload_refused("fill_drian", "no workload 'fill_drian': did you "
                                          "mean 'fill_drain'?");
}

static void unknown_keys_and_values_are_answered_with_the_nearest(void **state)
{
    (void)state;
    assert_allocator_refused("pymalloc+relase=never",
                             "pymalloc has no setting 'relase': did you mean "
                             "'release'?");
    assert_allocator_refused("pymalloc+release=nevr",
                             "release=nevr: no such value: did you mean "
                             "'never'?");
    assert_workload_refused("survivors+kep=4", "did you mean 'keep'?");
    assert_workload_refused("survivors+order=fif0", "did you mean 'fifo'?");
    /* A workload's key is not an allocator's. */
    assert_allocator_refused("system+order=fifo", "has no setting 'order'");
}

static void a_key_that_is_set_twice_is_refused(void **state)
{
    (void)state;
    assert_workload_refused("survivors+keep=4+keep=4", "'keep' is set twice");
    assert_allocator_refused("bump+thp=off+thp=host", "'thp' is set twice");
}

static void every_allocator_takes_the_keys_of_every_layer(void **state)
{
    (void)state;
    resolve_good("bump");
    assert_setting(&allocator.store, "free_list", "none");
    assert_setting(&allocator.store, "free_list_span", "1073741824");
    resolve_good("pymalloc:2.3+free_list=unbounded+release=never");
    assert_setting(&allocator.store, "free_list", "unbounded");
    resolve_good("x=/opt/lib.so:p_+free_list=80");
    assert_setting(&allocator.store, "free_list", "80");
    assert_setting(&allocator.store, "prefix", "p_");
    assert_allocator_refused("bump+free_lst=3", "bump has no setting "
                                                "'free_lst': did you mean "
                                                "'free_list'?");
    assert_allocator_refused("bump+free_list=1+free_list=1", "set twice");
    assert_workload_refused("fill_drain+free_list=3", "has no setting");
}

static void a_word_or_an_integer_is_checked_as_what_it_looks_like(void **state)
{
    (void)state;
    resolve_good("bump+free_list=0");
    assert_setting(&allocator.store, "free_list", "0");
    resolve_good("bump+free_list=007");
    assert_setting(&allocator.store, "free_list", "7");
    resolve_good("bump+free_list=2K");
    assert_setting(&allocator.store, "free_list", "2048");
    assert_allocator_refused("bump+free_list=unbound",
                             "did you mean 'unbounded'?");
    assert_allocator_refused("bump+free_list=", "no such value");
    assert_allocator_refused("bump+free_list=-1", "no such value");
    assert_allocator_refused("bump+free_list=12x", "not a whole number from "
                                                   "0 to 68719476736");
    assert_allocator_refused("bump+free_list=128G", "not a whole number");
}

static void integers_become_plain_digits(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *value;
    } rows[] = {
        {"fill_drain+objects=1", "1"},
        {"fill_drain+objects=007", "7"},
        {"fill_drain+objects=2K", "2048"},
        {"fill_drain+objects=3M", "3145728"},
        {"fill_drain+objects=1G", "1073741824"},
        {"fill_drain+objects=68719476736", "68719476736"}, /* the maximum */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        workload_good(rows[i].typed);
        assert_setting(&workload.store, "objects", rows[i].value);
    }
    assert_int_equal(settings_integer(&workload.store.settings, "objects"),
                     UINT64_C(68719476736));
}

static void integers_outside_their_range_are_refused_with_it(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "fill_drain+objects=0",   "fill_drain+objects=68719476737",
        "fill_drain+objects=1T",  "fill_drain+objects=-1",
        "fill_drain+objects=",    "fill_drain+objects=1.5",
        "fill_drain+objects=1k",  "fill_drain+objects=1KK",
        "fill_drain+objects= 1",  "fill_drain+objects=0x10",
        "fill_drain+objects=K",   "fill_drain+objects=18446744073709551617",
        "fill_drain+objects=ten", NULL};
    for (size_t i = 0; rows[i]; i++) {
        assert_workload_refused(rows[i], "not a whole number from 1 to "
                                         "68719476736");
    }
}

static void suffixes_are_powers_of_1024_and_overflow_is_noticed(void **state)
{
    (void)state;
    uint64_t value = 0;
    assert_true(parse_integer("0", &value));
    assert_int_equal(value, 0);
    assert_true(parse_integer("1T", &value));
    assert_int_equal(value, UINT64_C(1) << 40);
    assert_true(parse_integer("18446744073709551615", &value));
    assert_int_equal(value, UINT64_MAX);
    assert_true(parse_integer("16777215T", &value));
    assert_int_equal(value, UINT64_C(16777215) << 40);
    assert_false(parse_integer("16777216T", &value)); /* 2^64 */
    assert_false(parse_integer("18446744073709551616", &value));
    assert_false(parse_integer("", &value));
    assert_false(parse_integer("+1", &value));
    assert_false(parse_integer("1P", &value));
}

static void a_workload_has_no_alias_version_variant_or_path(void **state)
{
    (void)state;
    assert_workload_refused("w=survivors", "write name[+key=value...]");
    assert_workload_refused("survivors@1", "write name[+key=value...]");
    assert_workload_refused("survivors:x", "write name[+key=value...]");
    assert_workload_refused("w=/opt/lib.so", "write name[+key=value...]");
}

static void what_is_no_address_is_refused_by_its_form(void **state)
{
    (void)state;
    assert_allocator_refused("", "is no address");
    assert_allocator_refused("system:", "is no address");
    assert_workload_refused("+keep=3", "is no address");
}

/* A result must not carry what an earlier one left in its place. */
static void a_place_used_again_forgets_what_it_held(void **state)
{
    (void)state;
    resolve_good("old=pymalloc@1:2.3+release=never");
    resolve_good("pymalloc");
    assert_string_equal(allocator.label, "pymalloc");
    assert_null(allocator.address.version);
    assert_setting(&allocator.store, "release", "preset");
    resolve_good("bump"); /* what all take, and nothing of its own */
    assert_null(settings_text(&allocator.store.settings, "release"));
    assert_string_equal(allocator.store.settings.items[0].key, "thp");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_name_gets_every_preset),
        cmocka_unit_test(
            a_variants_options_beat_presets_and_typed_ones_beat_both),
        cmocka_unit_test(the_first_variant_is_the_default),
        cmocka_unit_test(the_label_is_the_alias_or_what_was_typed),
        cmocka_unit_test(every_allocator_takes_thp_and_every_workload_start),
        cmocka_unit_test(a_path_goes_to_the_backend_of_any_library),
        cmocka_unit_test(unknown_names_are_answered_with_the_nearest),
        cmocka_unit_test(
            unknown_keys_and_values_are_answered_with_the_nearest),
        cmocka_unit_test(a_key_that_is_set_twice_is_refused),
        cmocka_unit_test(every_allocator_takes_the_keys_of_every_layer),
        cmocka_unit_test(
            a_word_or_an_integer_is_checked_as_what_it_looks_like),
        cmocka_unit_test(integers_become_plain_digits),
        cmocka_unit_test(integers_outside_their_range_are_refused_with_it),
        cmocka_unit_test(suffixes_are_powers_of_1024_and_overflow_is_noticed),
        cmocka_unit_test(a_workload_has_no_alias_version_variant_or_path),
        cmocka_unit_test(what_is_no_address_is_refused_by_its_form),
        cmocka_unit_test(a_place_used_again_forgets_what_it_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
