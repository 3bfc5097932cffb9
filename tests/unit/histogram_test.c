/* harness/histogram.h: every value has one bucket, and none is too wide. */
#include "unit.h"

#include "histogram.h"
#include "random.h"

enum { DRAWS = 200000 };

/* A number of any magnitude. */
static uint64_t draw(struct random *random)
{
    return random_next(random) >> random_below(random, 64);
}

static void a_bucket_holds_what_falls_into_it(void **state)
{
    (void)state;
    struct random random = random_seeded(1);
    for (int i = 0; i < DRAWS; i++) {
        const uint64_t value = draw(&random) >> (64 - HISTOGRAM_BITS);
        const size_t bucket = histogram_bucket(value);
        assert_true(bucket < HISTOGRAM_BUCKETS);
        assert_true(histogram_least(bucket) <= value);
        assert_true(bucket == HISTOGRAM_BUCKETS - 1 ||
                    value < histogram_least(bucket + 1));
    }
}

static void buckets_ascend_and_none_is_wider_than_a_64th(void **state)
{
    (void)state;
    for (size_t i = 0; i + 1 < HISTOGRAM_BUCKETS; i++) {
        const uint64_t least = histogram_least(i);
        const uint64_t next = histogram_least(i + 1);
        assert_true(next > least);
        assert_true(next - least == 1 || (next - least) * 64 <= least);
        assert_int_equal(histogram_bucket(least), i);
        assert_int_equal(histogram_bucket(next - 1), i);
    }
}

static void what_is_too_large_shares_the_last(void **state)
{
    (void)state;
    const uint64_t end = UINT64_C(1) << HISTOGRAM_BITS;
    assert_int_equal(histogram_bucket(end - 1), HISTOGRAM_BUCKETS - 1);
    assert_int_equal(histogram_bucket(end), HISTOGRAM_BUCKETS - 1);
    assert_int_equal(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_holds_what_falls_into_it),
        cmocka_unit_test(buckets_ascend_and_none_is_wider_than_a_64th),
        cmocka_unit_test(what_is_too_large_shares_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
