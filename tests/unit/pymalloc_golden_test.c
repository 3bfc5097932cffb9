/* The golden signatures of pymalloc_golden.h, every preset's. */
#include "pymalloc_golden.h"

#include <inttypes.h>
#include <stdio.h>

static void every_preset_answers_as_it_did(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        const char *name = pymalloc_preset(i)->name;
        uint64_t found[2];
        for (size_t j = 0; j < 2; j++) {
            const struct pymalloc_options options = {.preset = name};
            found[j] = stream_answer(&options, golden_offsets[j], GOLDEN_SEED,
                                     GOLDEN_CALLS)
                           .places;
        }
        if (i >= sizeof golden / sizeof golden[0] ||
            strcmp(golden[i].preset, name) != 0 ||
            memcmp(golden[i].signatures, found, sizeof found) != 0) {
            (void)printf("    {\"%s\",\n     {UINT64_C(0x%016" PRIx64
                         "), UINT64_C(0x%016" PRIx64 ")}},\n",
                         name, found[0], found[1]);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

/* Presets whose rules give the same answers: the table of 3.8 keeps the order
 * of the search before it, and 3.15 differs from 3.10 in what the kernel is
 * asked for. */
static bool agree(const char *one, const char *other)
{
    static const char *const same[][2] = {{"2.7.17", "3.8"}, {"3.10", "3.15"}};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        if (strcmp(one, same[i][0]) == 0 && strcmp(other, same[i][1]) == 0) {
            return true;
        }
    }
    return false;
}

static void presets_differ_iff_their_rules_do(void **state)
{
    (void)state;
    const size_t count = sizeof golden / sizeof golden[0];
    for (size_t i = 0; i < count; i++) {
        for (size_t j = i + 1; j < count; j++) {
            for (size_t k = 0; k < 2; k++) {
                assert_int_equal(golden[i].signatures[k] ==
                                     golden[j].signatures[k],
                                 agree(golden[i].preset, golden[j].preset));
            }
        }
    }
    assert_null(pymalloc_preset(count));
}

/* A control: what goes into a signature changes it. */
static void another_release_or_order_has_another_signature(void **state)
{
    (void)state;
    static const struct pymalloc_options others[] = {
        {.preset = "3.10", .release = PYMALLOC_RELEASE_NEVER},
        {.preset = "3.10", .release = PYMALLOC_RELEASE_EMPTY},
        {.preset = "3.10",
         .release = PYMALLOC_RELEASE_KEEP_K,
         .keep_arenas = 1},
        {.preset = "3.10", .order = PYMALLOC_ORDER_LIFO},
        {.preset = "3.10", .order = PYMALLOC_ORDER_MOST_FREE},
        {.preset = "3.10", .threshold_bytes = 496},
        {.preset = "3.10", .memory_limit_bytes = (size_t)4 << 20},
    };
    const size_t count = sizeof others / sizeof others[0];
    uint64_t found[sizeof others / sizeof others[0] + 1];
    found[0] = stream_answer(&(struct pymalloc_options){.preset = "3.10"}, 0,
                             GOLDEN_SEED, GOLDEN_CALLS)
                   .places;
    for (size_t i = 0; i < count; i++) {
        found[i + 1] =
            stream_answer(&others[i], 0, GOLDEN_SEED, GOLDEN_CALLS).places;
        for (size_t j = 0; j <= i; j++) {
            assert_int_not_equal(found[i + 1], found[j]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_preset_answers_as_it_did),
        cmocka_unit_test(presets_differ_iff_their_rules_do),
        cmocka_unit_test(another_release_or_order_has_another_signature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
