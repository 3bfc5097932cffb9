/* allocators/pymalloc.c: what it hands to the harness. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "allocator.h"
#include "pymalloc.h"

extern const struct allocator allocator_pymalloc;

/* An instance lives until its process ends, and a process attaches one. Here
 * several follow each other, so the leak sanitizer has to look away. */
__attribute__((visibility("default"))) const char *
__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

#define SETTINGS_MAX 32

/* Attaches as the harness does: the values given ("key", "value", ..., NULL)
 * and the preset of every other key. */
static enum status attach(const char *const *given,
                          struct allocator_calls *calls,
                          struct identity *identity, struct reason *reason)
{
    struct setting items[SETTINGS_MAX];
    size_t count = 0;
    for (const struct parameter *parameter = allocator_pymalloc.parameters;
         parameter->key != NULL; parameter++) {
        assert_true(count < SETTINGS_MAX);
        items[count] = (struct setting){parameter->key, parameter->preset};
        for (size_t i = 0; given[i] != NULL; i += 2) {
            if (strcmp(given[i], parameter->key) == 0) {
                items[count].value = given[i + 1];
            }
        }
        count++;
    }
    const struct settings settings = {items, count};
    *calls = (struct allocator_calls){0};
    *identity = (struct identity){0};
    *reason = (struct reason){0};
    return allocator_pymalloc.attach(calls, &settings, identity, reason);
}

#define GIVEN(...) ((const char *const[]){__VA_ARGS__, NULL})

static void every_preset_has_a_variant_and_a_word(void **state)
{
    (void)state;
    const struct parameter *parameter = allocator_pymalloc.parameters;
    assert_string_equal(parameter->key, "preset");
    assert_string_equal(allocator_pymalloc.variants[0].name, "3.10");
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        const char *name = pymalloc_preset(i)->name;
        assert_string_equal(parameter->words[i], name);
        const struct variant *variant = allocator_pymalloc.variants;
        while (variant->name != NULL && strcmp(variant->name, name) != 0) {
            variant++;
        }
        assert_non_null(variant->name);
        assert_non_null(strstr(variant->options[0], name));
        assert_int_equal(strlen(variant->options[0]),
                         strlen("preset=") + strlen(name));
        assert_null(variant->options[1]);
    }
}

static void it_attaches_and_tells_the_library_and_the_pythons(void **state)
{
    (void)state;
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        struct allocator_calls calls;
        struct identity identity;
        struct reason reason;
        assert_int_equal(attach(GIVEN("preset", pymalloc_preset(i)->name),
                                &calls, &identity, &reason),
                         STATUS_OK);
        assert_string_equal(identity.version, pymalloc_preset(i)->name);
        assert_int_equal(identity.library[0], '/');
        assert_non_null(strstr(identity.library, "libpymalloc.so"));
        calls.release(calls.resize(calls.alloc_zeroed(3, 5), 100));
        assert_null(calls.purge);
        assert_null(calls.usable_size);
    }
}

static void its_account_follows_the_blocks(void **state)
{
    (void)state;
    struct allocator_calls calls;
    struct identity identity;
    struct reason reason;
    assert_int_equal(
        attach(GIVEN("release", "empty"), &calls, &identity, &reason),
        STATUS_OK);
    struct allocator_stats stats;
    void *small = calls.alloc(100);
    calls.stats(&stats);
    assert_int_equal(stats.allocated_bytes, 112);
    assert_int_equal(stats.arena_bytes, 1048576);
    assert_int_equal(stats.arenas_mapped, 1);
    assert_int_equal(stats.arenas_unmapped, 0);

    void *large = calls.alloc(513); /* libc's: nobody knows its bytes */
    calls.stats(&stats);
    assert_true(stats.allocated_bytes == SIZE_MAX);
    assert_int_equal(stats.arena_bytes, 1048576);
    calls.release(large);
    calls.release(small);
    calls.stats(&stats);
    assert_int_equal(stats.allocated_bytes, 0);
    assert_int_equal(stats.arena_bytes, 0);
    assert_int_equal(stats.arenas_unmapped, 1);
}

static void what_cannot_be_is_unsupported_with_the_reason(void **state)
{
    (void)state;
    static const struct {
        const char *const given[5], *reason;
    } refused[] = {
        {{"preset", "2.3", "release", "keep-one"}, "release=never"},
        {{"preset", "3.9", "base", "misaligned"}, "aligned"},
        {{"release", "keep-k"}, "go together"},
        {{"keep", "2"}, "go together"},
        {{"delay_ms", "5"}, "release=delayed"},
        {{"pool", "12288"}, "powers of two"},
        {{"threshold", "500"}, "multiple of the alignment"},
        {{"arena", "32768"}, "at least four pools"},
    };
    struct allocator_calls calls;
    struct identity identity;
    struct reason reason;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        assert_int_equal(attach(refused[i].given, &calls, &identity, &reason),
                         STATUS_UNSUPPORTED);
        if (strstr(reason.text, refused[i].reason) == NULL) {
            fail_msg("%s", reason.text);
        }
    }
    assert_int_equal(
        attach(GIVEN("base", "misaligned"), &calls, &identity, &reason),
        STATUS_OK);
}

static void every_axis_makes_an_instance(void **state)
{
    (void)state;
    static const char *const given[][5] = {
        {"release", "keep-k", "keep", "3"},
        {"release", "madvise"},
        {"release", "delayed", "delay_ms", "0"},
        {"release", "delayed"},
        {"order", "lifo"},
        {"order", "most-free", "preset", "2.3"},
        {"backing", "malloc"},
        {"backing", "region", "base", "misaligned"},
        {"backing", "huge", "base", "natural"},
        {"alignment", "32", "threshold", "1024"},
        {"pool", "65536", "arena", "4194304"},
        {"limit", "67108864"},
        {"lock", "on"},
    };
    struct allocator_calls calls;
    struct identity identity;
    struct reason reason;
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        if (attach(given[i], &calls, &identity, &reason) != STATUS_OK) {
            fail_msg("%s=%s: %s", given[i][0], given[i][1], reason.text);
        }
        calls.release(calls.alloc(100));
        const bool locked = strcmp(given[i][0], "lock") == 0;
        assert_int_equal(calls.capabilities, locked ? CAN_THREADS : 0);
    }
}

static void its_snapshot_names_every_arena(void **state)
{
    (void)state;
    struct allocator_calls calls;
    struct identity identity;
    struct reason reason;
    assert_int_equal(
        attach(GIVEN("preset", "3.9"), &calls, &identity, &reason), STATUS_OK);
    void *block = calls.alloc(512);
    char out[1024];
    const size_t bytes = calls.inspect(out, sizeof out - 1);
    assert_true(bytes < sizeof out);
    out[bytes] = '\0';
    assert_non_null(strstr(out, "{\"arena_bytes\":262144,"
                                "\"pool_bytes\":4096,"
                                "\"allocated_bytes\":512,"));
    assert_non_null(strstr(out, "\"map\":[\"0:b63.\"]}"));
    assert_true(calls.inspect(out, 10) > 10);
    calls.release(block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_preset_has_a_variant_and_a_word),
        cmocka_unit_test(it_attaches_and_tells_the_library_and_the_pythons),
        cmocka_unit_test(its_account_follows_the_blocks),
        cmocka_unit_test(what_cannot_be_is_unsupported_with_the_reason),
        cmocka_unit_test(every_axis_makes_an_instance),
        cmocka_unit_test(its_snapshot_names_every_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
