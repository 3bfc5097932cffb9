/* harness/api/random.h: known answers and the lack of bias.
 *
 * The answers were computed by the published definitions of the two
 * generators in integers of unlimited size, not by the code tested here.
 */
#include "unit.h"

#include "random.h"

static void splitmix_of_seed_zero_gives_the_published_numbers(void **state)
{
    (void)state;
    const struct random random = random_seeded(0);
    assert_int_equal(random.state[0], UINT64_C(0xe220a8397b1dcdaf));
    assert_int_equal(random.state[1], UINT64_C(0x6e789e6aa1b965f4));
    assert_int_equal(random.state[2], UINT64_C(0x06c45d188009454f));
    assert_int_equal(random.state[3], UINT64_C(0xf88bb8a8724c81ec));
}

static void xoshiro_of_a_known_state_gives_the_known_numbers(void **state)
{
    (void)state;
    static const uint64_t expected[] = {11520,
                                        0,
                                        1509978240,
                                        UINT64_C(1215971899390074240),
                                        UINT64_C(1216172134540287360),
                                        UINT64_C(607988272756665600)};
    struct random random = {{1, 2, 3, 4}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_int_equal(random_next(&random), expected[i]);
    }
}

static void a_seed_gives_its_known_stream(void **state)
{
    (void)state;
    static const struct {
        uint64_t seed, numbers[4];
    } rows[] = {
        {1,
         {UINT64_C(0xb3f2af6d0fc710c5), UINT64_C(0x853b559647364cea),
          UINT64_C(0x92f89756082a4514), UINT64_C(0x642e1c7bc266a3a7)}},
        {UINT64_MAX,
         {UINT64_C(0x8f5520d52a7ead08), UINT64_C(0xc476a018caa1802d),
          UINT64_C(0x81de31c0d260469e), UINT64_C(0xbf658d7e065f3c2f)}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct random random = random_seeded(rows[i].seed);
        for (size_t j = 0; j < 4; j++) {
            assert_int_equal(random_next(&random), rows[i].numbers[j]);
        }
    }
}

static void numbers_below_a_bound_are_the_known_ones(void **state)
{
    (void)state;
    static const unsigned expected[] = {7, 2, 8, 9, 9, 8, 0, 1,
                                        4, 1, 5, 7, 9, 8, 4, 5};
    struct random random = random_seeded(7);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_int_equal(random_below(&random, 10), expected[i]);
    }
}

static void numbers_below_a_large_bound_are_the_known_ones(void **state)
{
    (void)state;
    /* Four of the stream's first eight draws must be rejected. */
    static const uint64_t expected[] = {
        UINT64_C(0x8682bc397b3b18c3), UINT64_C(0x35852e30bb76219d),
        UINT64_C(0xa1355e772fe15b30), UINT64_C(0xa79295aac8992936),
        UINT64_C(0x1d2610b8012a810a), UINT64_C(0x67f14cda20978931)};
    struct random random = random_seeded(7);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_int_equal(random_below(&random, UINT64_C(3) << 62),
                         expected[i]);
    }
}

/* Of the 2^64 inputs 4/3 fall on each number below 3 * 2^62: without
 * rejection every third number would come twice as often as the others. */
static void a_bound_that_does_not_divide_the_range_gives_no_bias(void **state)
{
    (void)state;
    enum { DRAWS = 30000 };
    /* Five standard deviations of a count: 5 * sqrt(30000 * 1/3 * 2/3). */
    const int margin = 408;
    int counts[3] = {0, 0, 0};
    struct random random = random_seeded(1);
    for (int i = 0; i < DRAWS; i++) {
        counts[random_below(&random, UINT64_C(3) << 62) % 3]++;
    }
    for (int i = 0; i < 3; i++) {
        assert_in_range(counts[i], DRAWS / 3 - margin, DRAWS / 3 + margin);
    }
}

static void every_number_below_a_bound_comes_and_none_above(void **state)
{
    (void)state;
    enum { BOUND = 65521 };
    static bool seen[BOUND];
    struct random random = random_seeded(3);
    size_t distinct = 0;
    /* The last of n numbers comes after about n * ln n draws. */
    for (int i = 0; i < BOUND * 20; i++) {
        const uint64_t number = random_below(&random, BOUND);
        assert_true(number < BOUND);
        distinct += !seen[number];
        seen[number] = true;
    }
    assert_int_equal(distinct, BOUND);
    assert_int_equal(random_below(&random, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splitmix_of_seed_zero_gives_the_published_numbers),
        cmocka_unit_test(xoshiro_of_a_known_state_gives_the_known_numbers),
        cmocka_unit_test(a_seed_gives_its_known_stream),
        cmocka_unit_test(numbers_below_a_bound_are_the_known_ones),
        cmocka_unit_test(numbers_below_a_large_bound_are_the_known_ones),
        cmocka_unit_test(a_bound_that_does_not_divide_the_range_gives_no_bias),
        cmocka_unit_test(every_number_below_a_bound_comes_and_none_above),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
