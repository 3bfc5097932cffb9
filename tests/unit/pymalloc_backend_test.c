/* allocators/pymalloc.c: what it hands to the harness. */
#include <setjmp.h>
#include <stdarg.h>
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

/* Attaches with these values; the harness would have filled in presets. */
static enum status attach(const char *preset, const char *release,
                          const char *base, struct allocator_calls *calls,
                          struct identity *identity, struct reason *reason)
{
    const struct setting items[] = {
        {"preset", preset}, {"release", release}, {"base", base}};
    const struct settings settings = {items, 3};
    *calls = (struct allocator_calls){0};
    *identity = (struct identity){0};
    *reason = (struct reason){0};
    return allocator_pymalloc.attach(calls, &settings, identity, reason);
}

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
        assert_int_equal(attach(pymalloc_preset(i)->name, "preset", "aligned",
                                &calls, &identity, &reason),
                         STATUS_OK);
        assert_string_equal(identity.version, "");
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
        attach("3.10", "empty", "aligned", &calls, &identity, &reason),
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

static void
what_a_preset_cannot_do_is_unsupported_with_the_reason(void **state)
{
    (void)state;
    struct allocator_calls calls;
    struct identity identity;
    struct reason reason;
    assert_int_equal(
        attach("2.3", "keep-one", "aligned", &calls, &identity, &reason),
        STATUS_UNSUPPORTED);
    assert_non_null(strstr(reason.text, "release=never"));
    assert_int_equal(
        attach("3.9", "preset", "misaligned", &calls, &identity, &reason),
        STATUS_UNSUPPORTED);
    assert_non_null(strstr(reason.text, "aligned"));
    assert_int_equal(
        attach("3.10", "preset", "misaligned", &calls, &identity, &reason),
        STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_preset_has_a_variant_and_a_word),
        cmocka_unit_test(it_attaches_and_tells_the_library_and_the_pythons),
        cmocka_unit_test(its_account_follows_the_blocks),
        cmocka_unit_test(
            what_a_preset_cannot_do_is_unsupported_with_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
