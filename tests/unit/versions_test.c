/* harness/versions.c: what was fetched, and which of it is meant. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "addresses.h"
#include "registry.h"
#include "resolve.h"
#include "version_match.h"
#include "versions.h"

static char folder[] = "giveback-versions-XXXXXX";

static const char registry[] =
    "{\"schema\":1,\"packages\":["
    "{\"suite\":\"trixie\",\"package\":\"libmimalloc3\","
    "\"version\":\"3.0.1+ds-2\",\"libraries\":{\"libmimalloc.so.3\":"
    "\"trixie/m/libmimalloc.so.3\",\"libz.so\":\"z\"},"
    "\"loader\":null,\"library_path\":[],\"because\":null},"
    "{\"suite\":\"sid\",\"package\":\"libmimalloc3\","
    "\"version\":\"3.6.0+ds-1\",\"libraries\":{\"libmimalloc.so.3\":"
    "\"sid/m/libmimalloc.so.3\"},\"loader\":\"sid/ld.so\","
    "\"library_path\":[\"sid/a\",\"sid/b\"],\"because\":\"it is new\"},"
    "{\"suite\":\"sid\",\"package\":\"libmimalloc3\","
    "\"version\":\"3.10.0+ds-1\",\"libraries\":{\"libmimalloc.so.3\":"
    "\"sid/n/libmimalloc.so.3\"},\"loader\":null,\"library_path\":[]},"
    "{\"suite\":\"trixie\",\"package\":\"libc6\",\"version\":\"1:2.41-12\","
    "\"libraries\":{\"libc.so.6\":\"trixie/c/libc.so.6\"},"
    "\"loader\":\"trixie/ld.so\",\"library_path\":[\"trixie/c\"],"
    "\"because\":\"a libc\"},"
    "{\"suite\":\"old\",\"package\":\"libc6\",\"version\":\"2.41-1\","
    "\"libraries\":{\"libc.so.6\":\"old/c/libc.so.6\"},"
    "\"loader\":\"old/ld.so\",\"library_path\":[\"old/c\"]},"
    "{\"suite\":\"sid\",\"package\":\"half\",\"libraries\":"
    "{\"libc.so.6\":\"x\"}}"
    "]}";

static void write_registry(const char *text)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/registry.json", folder);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) {
        return -1;
    }
    write_registry(registry);
    return setenv("GIVEBACK_FETCHED", folder, 1);
}

static int remove_folder(void **state)
{
    (void)state;
    char path[128];
    (void)snprintf(path, sizeof path, "%s/registry.json", folder);
    (void)unlink(path);
    return rmdir(folder);
}

static const struct allocator *named(const char *name)
{
    for (size_t i = 0; allocators[i]; i++) {
        if (strcmp(allocators[i]->name, name) == 0) {
            return allocators[i];
        }
    }
    fail_msg("no allocator is called %s", name);
    abort(); /* fail_msg does not return, which nobody tells the compiler */
}

static const struct version *find(const char *name, const char *wanted)
{
    const struct version *found = NULL;
    struct reason reason = {""};
    if (versions_find(versions_fetched(), named(name), wanted, &found,
                      &reason) != STATUS_OK) {
        fail_msg("%s@%s: %s", name, wanted, reason.text);
    }
    return found;
}

static void a_package_with_a_library_of_an_allocator_is_a_version(void **state)
{
    (void)state;
    const struct version *version = find("mimalloc", "3.0");
    assert_non_null(version);
    assert_string_equal(version->number, "3.0.1");
    assert_string_equal(version->suite, "trixie");
    assert_string_equal(version->package_version, "3.0.1+ds-2");
    assert_int_equal(version->library[0], '/');
    assert_contains(version->library, "/trixie/m/libmimalloc.so.3");
    assert_null(version->loader);
    assert_null(version->library_path);
    assert_null(find("jemalloc", "3.0"));
    assert_null(find("mimalloc", "3.00"));
}

static void its_loader_looks_in_the_folders_named(void **state)
{
    (void)state;
    const struct version *version = find("mimalloc", "3.6");
    assert_non_null(version);
    assert_contains(version->loader, "/sid/ld.so");
    assert_contains(version->library_path, "/sid/a:/");
    assert_contains(version->library_path, "/sid/b");
    assert_string_equal(version->because, "it is new");
}

static void an_epoch_is_no_part_of_the_number(void **state)
{
    (void)state;
    const struct version *version = find("system", "trixie");
    assert_non_null(version);
    assert_string_equal(version->number, "2.41");
}

static void of_a_suite_the_newest_is_taken(void **state)
{
    (void)state;
    const struct version *version = find("mimalloc", "sid");
    assert_non_null(version);
    assert_string_equal(version->number, "3.10.0");
}

static void what_fits_several_is_refused(void **state)
{
    (void)state;
    const struct version *found = NULL;
    struct reason reason = {""};
    assert_int_equal(versions_find(versions_fetched(), named("mimalloc"), "3",
                                   &found, &reason),
                     STATUS_FAILED);
    assert_contains(reason.text, "mimalloc@3 is both ");
    assert_contains(reason.text, "write more of the number, or the suite");
    assert_int_equal(versions_find(versions_fetched(), named("system"), "2.41",
                                   &found, &reason),
                     STATUS_FAILED);
}

static void a_registry_that_is_damaged_is_said(void **state)
{
    (void)state;
    static const char *const damaged[][2] = {
        {"{\"schema\":2,\"packages\":[]}", "not of this program's schema"},
        {"{\"schema\":1,", "fetch again"},
        {"[]", "not of this program's schema"},
    };
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        struct versions versions;
        const struct version *found = NULL;
        struct reason reason = {""};
        write_registry(damaged[i][0]);
        versions_read(folder, &versions);
        assert_int_equal(versions.count, 0);
        assert_int_equal(versions_find(&versions, named("mimalloc"), "3.0",
                                       &found, &reason),
                         STATUS_FAILED);
        assert_contains(reason.text, damaged[i][1]);
        versions_free(&versions);
    }
    write_registry(registry);
}

static void without_a_registry_there_are_none(void **state)
{
    (void)state;
    struct versions versions;
    versions_read("/nonexistent", &versions);
    assert_int_equal(versions.count, 0);
    assert_string_equal(versions.reason.text, "");
    versions_free(&versions);
}

static void a_star_for_a_version_stands_for_each(void **state)
{
    (void)state;
    static const char *const expected[] = {
        "mimalloc:no_thp+thp=off", "mimalloc@3.0.1:no_thp+thp=off",
        "mimalloc@3.6.0:no_thp+thp=off", "mimalloc@3.10.0:no_thp+thp=off",
        /* Two suites have this number: each goes by its name. */
        "system@trixie", "system@old"};
    struct texts addresses = {NULL, 0};
    struct reason reason = {""};
    assert_int_equal(
        expand_allocator("mimalloc@*:no_thp+thp=off", &addresses, &reason),
        STATUS_OK);
    assert_int_equal(expand_allocator("system@*", &addresses, &reason),
                     STATUS_OK);
    assert_int_equal(addresses.count, 7);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(addresses.items[i], expected[i]);
    }
    assert_string_equal(addresses.items[4], "system");
    assert_string_equal(addresses.items[5], expected[4]);
    assert_string_equal(addresses.items[6], expected[5]);
    texts_free(&addresses);
}

static void a_star_alone_leaves_out_what_nobody_would_choose(void **state)
{
    (void)state;
    struct texts addresses = {NULL, 0};
    struct reason reason = {""};
    assert_int_equal(expand_allocator("*", &addresses, &reason), STATUS_OK);
    size_t wanted = 0;
    for (size_t i = 0; allocators[i]; i++) {
        if (!allocators[i]->on_request) {
            assert_string_equal(addresses.items[wanted++],
                                allocators[i]->name);
        }
    }
    assert_int_equal(addresses.count, wanted);
    assert_true(named("null")->on_request);
    assert_true(named("shared_object")->on_request);
    assert_false(named("system")->on_request);
    texts_free(&addresses);
    assert_int_equal(expand_allocator("*:*", &addresses, &reason), STATUS_OK);
    assert_true(addresses.count > wanted);
    texts_free(&addresses);
}

static void a_fetched_version_takes_no_file_besides(void **state)
{
    (void)state;
    static struct chosen_allocator chosen;
    struct reason reason = {""};
    assert_int_equal(resolve_allocator("mimalloc@3.0", &chosen, &reason),
                     STATUS_OK);
    assert_int_equal(resolve_library(&chosen, "/a/lib.so", &reason),
                     STATUS_OK);
    assert_string_equal(settings_text(&chosen.store.settings, "library"),
                        "/a/lib.so");
    assert_int_equal(
        resolve_allocator("mimalloc@3.0+library=/b.so", &chosen, &reason),
        STATUS_OK);
    assert_int_equal(resolve_library(&chosen, "/a/lib.so", &reason),
                     STATUS_FAILED);
    assert_contains(reason.text, "leave out @3.0 or +library=");
}

static void versions_are_compared_number_by_number(void **state)
{
    (void)state;
    assert_true(version_matches("2.36", "2"));
    assert_true(version_matches("2.36", "2.36"));
    assert_false(version_matches("2.36", "2.3"));
    assert_false(version_matches("2.3", "2.36"));
    assert_true(versions_agree("19", "19.1.7"));
    assert_true(versions_agree("19.1.7", "19"));
    assert_false(versions_agree("19.1.7", "19.2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_package_with_a_library_of_an_allocator_is_a_version),
        cmocka_unit_test(its_loader_looks_in_the_folders_named),
        cmocka_unit_test(an_epoch_is_no_part_of_the_number),
        cmocka_unit_test(of_a_suite_the_newest_is_taken),
        cmocka_unit_test(what_fits_several_is_refused),
        cmocka_unit_test(a_registry_that_is_damaged_is_said),
        cmocka_unit_test(without_a_registry_there_are_none),
        cmocka_unit_test(a_star_for_a_version_stands_for_each),
        cmocka_unit_test(a_star_alone_leaves_out_what_nobody_would_choose),
        cmocka_unit_test(a_fetched_version_takes_no_file_besides),
        cmocka_unit_test(versions_are_compared_number_by_number),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
