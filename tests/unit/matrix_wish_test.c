/* harness/matrix.c: which cells a user gets for what he typed, and what is
 * refused. */
#include "matrix_fixture.h"

#include "suites.h"

static void the_regime_lasts_1_10_or_30_seconds_or_what_is_asked(void **state)
{
    (void)state;
    static const struct {
        bool quick, full;
        uint64_t settle_s, seconds;
    } rows[] = {{false, false, 0, 10},
                {true, false, 0, 1},
                {false, true, 0, 30},
                {false, false, 15, 15},
                {true, false, 15, 15}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct planned planned;
        struct wish wish = simple;
        wish.quick = rows[i].quick;
        wish.full = rows[i].full;
        wish.settle_s = rows[i].settle_s;
        make(&wish, &planned);
        assert_int_equal(planned.plan.settle_ns, rows[i].seconds * 1000000000);
        drop(&planned);
    }
}

static void a_list_or_range_of_rates_is_a_regime_for_each(void **state)
{
    (void)state;
    struct planned planned;
    struct wish wish = simple;
    wish.kinds = "memory";
    wish.regimes = "silent,tick+rate={0,1000},tick+mix=same+rate=10..1000*10";
    make(&wish, &planned);
    const struct plan *plan = &planned.plan;
    static const char *const labels[] = {"silent",
                                         "tick+rate=0",
                                         "tick",
                                         "tick_same+rate=10",
                                         "tick_same+rate=100",
                                         "tick_same"};
    assert_int_equal(plan->regime_count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(plan->regimes[i].label, labels[i]);
    }
    /* 4 allocators, 2 workloads, 2 repetitions */
    assert_int_equal(plan->cell_count, 6 * 4 * 2 * 2);
    for (size_t i = 0; i < plan->cell_count; i++) {
        assert_ptr_equal(plan->cells[i].after, plan->cells[i].regime->label);
    }
    drop(&planned);
}

static void without_lists_the_default_matrix_is_run(void **state)
{
    (void)state;
    struct planned planned;
    struct wish wish = simple;
    wish.allocators = wish.workloads = NULL;
    make(&wish, &planned);
    const struct plan *plan = &planned.plan;
    static const char *const labels[] = {
        "pymalloc:2.3", "pymalloc:3.10", "pymalloc:3.10+release=never",
        "system",       "jemalloc",      "mimalloc",
        "system#2"};
    assert_int_equal(plan->allocator_count, 7);
    for (size_t i = 0; i < 7; i++) {
        assert_string_equal(plan->allocators[i].chosen.label, labels[i]);
    }
    static const char *const headline[] = {
        "fill_drain", "survivors", "sawtooth+live=150M+cycles=3",
        "size_class_shift+live=25M",
        "block_cache+live=128M+replacements=150000"};
    assert_int_equal(plan->workload_count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(plan->workloads[i].typed, headline[i]);
    }
    drop(&planned);
}

static void regimes_longer_than_the_time_limit_are_refused(void **state)
{
    (void)state;
    static struct run_options options;
    struct plan plan;
    struct reason reason = {""};
    options = (struct run_options){.settle_s = 700, .time_limit_s = 600};
    assert_int_equal(plan_make(&options, &plan, &reason), STATUS_FAILED);
    assert_contains(reason.text, "--settle 700 does not fit within "
                                 "--time-limit 600: give a longer one");
    plan_free(&plan);
}

static void every_suite_can_be_planned_and_takes_more_workloads(void **state)
{
    (void)state;
    for (const struct suite *suite = suites; suite->name; suite++) {
        struct planned planned;
        struct wish wish = simple;
        wish.suite = suite->name;
        wish.workloads = NULL;
        make(&wish, &planned);
        const size_t count = planned.plan.workload_count;
        assert_true(count > 0);
        drop(&planned);
        wish.workloads = "fill_drain+objects=12345";
        make(&wish, &planned);
        assert_int_equal(planned.plan.workload_count, count + 1);
        drop(&planned);
    }
}

static void a_suite_s_kinds_are_kinds(void **state)
{
    (void)state;
    assert_null(find_suite("stall"));
    assert_string_equal(find_suite("stalls")->kinds, "stalls,traffic");
    for (const struct suite *suite = suites; suite->name; suite++) {
        struct planned planned;
        struct wish wish = simple;
        wish.suite = suite->name;
        wish.workloads = NULL;
        wish.kinds = suite->kinds ? suite->kinds : default_kinds;
        make(&wish, &planned);
        drop(&planned);
    }
}

static void lists_and_ranges_become_cells(void **state)
{
    (void)state;
    struct planned planned;
    struct wish wish = simple;
    wish.allocators = "pymalloc:2.3+release={never,empty},bump";
    wish.workloads = "survivors+keep=100..10000*10,fill_drain";
    wish.kinds = "memory";
    make(&wish, &planned);
    assert_int_equal(planned.plan.allocator_count, 3);
    assert_int_equal(planned.plan.workload_count, 4);
    assert_string_equal(planned.plan.workloads[2].typed,
                        "survivors+keep=10000");
    drop(&planned);
}

static void what_is_there_twice_is_refused(void **state)
{
    (void)state;
    struct wish wish = simple;
    wish.allocators = "bump,system,bump";
    assert_refused(&wish, "'bump' is there twice: give one of them another "
                          "name, NAME=bump");
    wish.allocators = "bump,bump=system";
    assert_refused(&wish, "'bump' is there twice");
    wish = simple;
    wish.workloads = "fill_drain,fill_drain+objects=10M"; /* the preset */
    assert_refused(&wish, "'fill_drain+objects=10M' is there twice");
    wish = simple;
    wish.suite = "headline";
    assert_refused(&wish, "is there twice");
    wish = simple;
    wish.kinds = "memory,timing,memory";
    assert_refused(&wish, "the kind 'memory' is there twice");
    wish = simple;
    wish.regimes = "tick,tick";
    assert_refused(&wish, "the regime 'tick' is there twice");
    wish.regimes = "tick_same,tick+mix=same+rate={1000}";
    assert_refused(&wish, "the regime 'tick_same' is there twice");
}

static void the_reference_may_stand_twice_under_two_names(void **state)
{
    (void)state;
    struct planned planned;
    struct wish wish = simple;
    wish.allocators = "system,again=system";
    make(&wish, &planned);
    assert_int_equal(planned.plan.allocator_count, 2);
    assert_string_equal(planned.plan.allocators[1].chosen.label, "again");
    drop(&planned);
}

static void the_reference_stands_twice_in_blocks_of_times(void **state)
{
    (void)state;
    static const struct {
        const char *allocators, *kinds, *second;
    } rows[] = {
        {"bump,system,null", "memory,timing", "system#2"},
        {"mine=bump,null", "timing", "mine#2"},
        {"bump,null", "memory", NULL},
        {"bump,null", "sampled_timing,stalls", NULL},
        {"bump", "timing", NULL},                 /* compared with nothing */
        {"bump,null,bump2=bump", "timing", NULL}, /* is there already */
        {"pymalloc:3.10+release=never,pymalloc:3.10", "timing",
         "pymalloc:3.10+release=never#2"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct planned planned;
        struct wish wish = simple;
        wish.allocators = rows[i].allocators;
        wish.kinds = rows[i].kinds;
        make(&wish, &planned);
        const struct plan *plan = &planned.plan;
        const struct planned_allocator *last =
            &plan->allocators[plan->allocator_count - 1];
        assert_int_equal(plan->control_count, rows[i].second != NULL);
        if (rows[i].second) {
            assert_string_equal(last->chosen.label, rows[i].second);
            assert_int_equal(strlen(last->second_of) + 2,
                             strlen(rows[i].second));
        } else {
            assert_null(last->second_of);
        }
        for (size_t j = 0; j < plan->cell_count; j++) {
            assert_true(!plan->cells[j].kind->memory ||
                        !plan->cells[j].allocator->second_of);
        }
        drop(&planned);
    }
    struct wish wish = simple;
    wish.allocators = "system,system#2=bump";
    assert_refused(&wish, "'system#2' is what the second reference is called: "
                          "give yours another name");
}

static void unknown_names_are_refused_with_the_nearest(void **state)
{
    (void)state;
    struct wish wish = simple;
    wish.allocators = "bum";
    assert_refused(&wish, "did you mean 'bump'?");
    wish = simple;
    wish.workloads = "survivor";
    assert_refused(&wish, "did you mean 'survivors'?");
    wish = simple;
    wish.suite = "headlines";
    assert_refused(&wish, "no suite 'headlines': did you mean 'headline'?");
    wish = simple;
    wish.kinds = "memry";
    assert_refused(&wish, "no kind 'memry': did you mean 'memory'?");
    wish = simple;
    wish.regimes = "silence";
    assert_refused(&wish, "no regime 'silence': did you mean 'silent'?");
    wish = simple;
    wish.workloads = "survivors+keep={}";
    assert_refused(&wish, "key={one,two}");
    wish = simple;
    wish.allocators = "bump,";
    assert_refused(&wish, "is no address");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_regime_lasts_1_10_or_30_seconds_or_what_is_asked),
        cmocka_unit_test(a_list_or_range_of_rates_is_a_regime_for_each),
        cmocka_unit_test(without_lists_the_default_matrix_is_run),
        cmocka_unit_test(regimes_longer_than_the_time_limit_are_refused),
        cmocka_unit_test(every_suite_can_be_planned_and_takes_more_workloads),
        cmocka_unit_test(a_suite_s_kinds_are_kinds),
        cmocka_unit_test(lists_and_ranges_become_cells),
        cmocka_unit_test(what_is_there_twice_is_refused),
        cmocka_unit_test(the_reference_may_stand_twice_under_two_names),
        cmocka_unit_test(the_reference_stands_twice_in_blocks_of_times),
        cmocka_unit_test(unknown_names_are_refused_with_the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
