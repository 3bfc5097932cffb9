/* workloads/support/size_mix.c and the mixtures: the sizes that are drawn have
 * the shares that are stated. */
#include "unit.h"

#include "../../workloads/support/production_sizes.h"
#include "../../workloads/support/python_sizes.h"

enum { DRAWS = 1000000, SIZES = 65537, MIXTURES = 3 };

static const struct size_range *const mixtures[MIXTURES] = {
    python_sizes, production_allocated, production_live};

/* How often each size is drawn. */
static void draw(const struct size_range *mix, uint32_t counts[SIZES])
{
    struct random random = random_seeded(1);
    memset(counts, 0, SIZES * sizeof *counts);
    for (size_t i = 0; i < DRAWS; i++) {
        const size_t bytes = size_mix_draw(mix, &random);
        assert_in_range(bytes, 1, SIZES - 1);
        counts[bytes]++;
    }
}

/* Requests of `minimum` to `maximum` bytes, in percent of all. */
static double percent(const uint32_t counts[SIZES], size_t minimum,
                      size_t maximum)
{
    size_t sum = 0;
    for (size_t bytes = minimum; bytes <= maximum; bytes++) {
        sum += counts[bytes];
    }
    return 100.0 * (double)sum / DRAWS;
}

/* The same of the bytes that are asked for. */
static double percent_of_bytes(const uint32_t counts[SIZES], size_t minimum,
                               size_t maximum)
{
    double sum = 0, all = 0;
    for (size_t bytes = 1; bytes < SIZES; bytes++) {
        const double asked = (double)bytes * counts[bytes];
        all += asked;
        sum += bytes >= minimum && bytes <= maximum ? asked : 0;
    }
    return 100 * sum / all;
}

static void assert_near(double value, double expected, double margin)
{
    if (value < expected - margin || value > expected + margin) {
        fail_msg("%g is not %g within %g", value, expected, margin);
    }
}

static void shares_add_up_to_the_whole_and_ranges_to_whole_steps(void **state)
{
    (void)state;
    for (size_t i = 0; i < MIXTURES; i++) {
        uint32_t sum = 0;
        const struct size_range *row = mixtures[i];
        for (; row->share > 0; row++) {
            sum += row->share;
            assert_true(row->minimum > 0 && row->minimum <= row->maximum);
            assert_int_equal((row->maximum - row->minimum) % row->step, 0);
        }
        assert_int_equal(sum, SIZE_MIX_WHOLE);
    }
}

static void every_range_is_drawn_as_often_as_its_share_says(void **state)
{
    (void)state;
    static uint32_t counts[SIZES];
    for (size_t i = 0; i < MIXTURES; i++) {
        draw(mixtures[i], counts);
        double all = 0;
        for (const struct size_range *row = mixtures[i]; row->share; row++) {
            const double share = percent(counts, row->minimum, row->maximum);
            /* Five deviations are at most 0.25 %. */
            assert_near(share, row->share / 100.0, 0.25);
            all += share;
        }
        assert_near(all, 100, 1e-9); /* nothing is drawn between ranges */
    }
}

static void every_size_of_a_range_is_as_likely_as_the_others(void **state)
{
    (void)state;
    static uint32_t counts[SIZES];
    static const struct size_range mix[] = {{SIZE_MIX_WHOLE, 16, 511, 1},
                                            {0, 0, 0, 0}};
    draw(mix, counts);
    assert_near(percent(counts, 16, 511), 100, 1e-9);
    for (size_t bytes = 16; bytes <= 511; bytes++) {
        /* 2,016 each, six deviations of 45. */
        assert_in_range(counts[bytes], 1746, 2286);
    }
}

static void steps_are_kept(void **state)
{
    (void)state;
    static uint32_t counts[SIZES];
    for (size_t i = 0; i < MIXTURES; i++) {
        draw(mixtures[i], counts);
        for (size_t bytes = 1; bytes < SIZES; bytes++) {
            assert_true(bytes % 8 == 0 || counts[bytes] == 0);
        }
    }
}

static void python_asks_for_the_stated_shares(void **state)
{
    (void)state;
    static uint32_t counts[SIZES];
    draw(python_sizes, counts);
    assert_near(percent(counts, 48, 48), 35, 1);
    assert_near(percent(counts, 64, 64), 18, 1);
    assert_near(percent(counts, 16, 16), 13, 1);
    assert_near(percent(counts, 240, 256), 17, 1);
    assert_near(percent(counts, 1, 512), 94.5, 4.5);           /* 90 to 99 */
    assert_near(percent_of_bytes(counts, 513, SIZES), 43, 20); /* 23 to 63 */
}

/* The shares of the profile, added up from its lines: by octaves. */
static void a_server_asks_for_the_shares_of_the_profile(void **state)
{
    (void)state;
    static uint32_t counts[SIZES];
    draw(production_allocated, counts);
    assert_near(percent(counts, 1, 64), 59.2, 0.5);
    assert_near(percent(counts, 65, 512), 32.9, 0.5);
    assert_near(percent(counts, 513, 4096), 6.2, 0.3);
    assert_near(percent(counts, 4097, 65536), 1.7, 0.2);
    draw(production_live, counts);
    assert_near(percent(counts, 1, 64), 50.6, 0.5);
    assert_near(percent(counts, 65, 512), 35.8, 0.5);
    assert_near(percent(counts, 513, 4096), 7.7, 0.3);
    assert_near(percent(counts, 4097, 65536), 5.9, 0.3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_add_up_to_the_whole_and_ranges_to_whole_steps),
        cmocka_unit_test(every_range_is_drawn_as_often_as_its_share_says),
        cmocka_unit_test(every_size_of_a_range_is_as_likely_as_the_others),
        cmocka_unit_test(steps_are_kept),
        cmocka_unit_test(python_asks_for_the_stated_shares),
        cmocka_unit_test(a_server_asks_for_the_shares_of_the_profile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
