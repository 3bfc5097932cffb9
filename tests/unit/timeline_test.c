/* harness/timeline.c: what is kept of resident memory over time. */
#include "unit.h"

#include "timeline.h"

static void see(struct timeline *timeline, uint64_t time_ns,
                uint64_t resident_bytes, uint64_t live_bytes)
{
    timeline_see(timeline,
                 (struct point){time_ns, resident_bytes, live_bytes});
}

static void assert_point(const struct timeline *timeline, size_t i,
                         struct point expected)
{
    assert_true(i < timeline->count);
    const struct point *point = &timeline->points[i];
    assert_int_equal(point->time_ns, expected.time_ns);
    assert_int_equal(point->resident_bytes, expected.resident_bytes);
    assert_int_equal(point->live_bytes, expected.live_bytes);
}

static void a_point_is_kept_where_either_figure_changed(void **state)
{
    (void)state;
    struct timeline timeline = {NULL, 0, 0, {0, 0, 0}};
    see(&timeline, 10, 100, 7);
    see(&timeline, 11, 100, 7); /* nothing changed */
    see(&timeline, 12, 200, 7);
    see(&timeline, 13, 200, 8);
    see(&timeline, 14, 200, 8); /* nothing changed */
    see(&timeline, 15, 100, 7);
    timeline_close(&timeline);
    assert_int_equal(timeline.count, 4);
    assert_point(&timeline, 0, (struct point){10, 100, 7});
    assert_point(&timeline, 1, (struct point){12, 200, 7});
    assert_point(&timeline, 2, (struct point){13, 200, 8});
    assert_point(&timeline, 3, (struct point){15, 100, 7});
    timeline_free(&timeline);
}

static void both_ends_are_kept_though_nothing_changed(void **state)
{
    (void)state;
    struct timeline timeline = {NULL, 0, 0, {0, 0, 0}};
    for (uint64_t i = 0; i < 5; i++) {
        see(&timeline, 20 + i, 0, 0);
    }
    assert_int_equal(timeline.count, 1);
    timeline_close(&timeline);
    assert_int_equal(timeline.count, 2);
    assert_point(&timeline, 0, (struct point){20, 0, 0});
    assert_point(&timeline, 1, (struct point){24, 0, 0});
    timeline_free(&timeline);
}

static void an_end_that_is_kept_already_is_not_kept_twice(void **state)
{
    (void)state;
    struct timeline timeline = {NULL, 0, 0, {0, 0, 0}};
    see(&timeline, 1, 5, 5);
    timeline_close(&timeline);
    assert_int_equal(timeline.count, 1);
    see(&timeline, 2, 6, 5);
    timeline_close(&timeline);
    timeline_close(&timeline);
    assert_int_equal(timeline.count, 2);
    timeline_free(&timeline);
}

static void a_line_that_saw_nothing_stays_empty(void **state)
{
    (void)state;
    struct timeline timeline = {NULL, 0, 0, {0, 0, 0}};
    timeline_close(&timeline);
    assert_int_equal(timeline.count, 0);
    timeline_free(&timeline);
}

static void many_points_are_kept_in_order(void **state)
{
    (void)state;
    enum { POINTS = 10000 };
    struct timeline timeline = {NULL, 0, 0, {0, 0, 0}};
    for (uint64_t i = 0; i < POINTS; i++) {
        see(&timeline, i, i % 7, i % 3);
    }
    timeline_close(&timeline);
    assert_int_equal(timeline.count, POINTS);
    for (uint64_t i = 0; i < POINTS; i++) {
        assert_point(&timeline, i, (struct point){i, i % 7, i % 3});
    }
    timeline_free(&timeline);
    assert_null(timeline.points);
    assert_int_equal(timeline.count, 0);
    assert_int_equal(timeline.capacity, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_point_is_kept_where_either_figure_changed),
        cmocka_unit_test(both_ends_are_kept_though_nothing_changed),
        cmocka_unit_test(an_end_that_is_kept_already_is_not_kept_twice),
        cmocka_unit_test(a_line_that_saw_nothing_stays_empty),
        cmocka_unit_test(many_points_are_kept_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
