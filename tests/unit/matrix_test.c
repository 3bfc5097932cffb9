/* harness/matrix.c: which cells a run has, and in which order. */
#include "unit.h"

#include "matrix.h"
#include "suites.h"

/* What is asked for, as typed. */
struct wish {
    const char *allocators, *workloads, *suite, *kinds, *regimes;
    uint64_t repetitions, pairs, seed, settle_s;
    bool quick, full;
};

static const struct wish simple = {
    .allocators = "bump,system,null,jemalloc",
    .workloads = "fill_drain,survivors",
    .kinds = "memory,timing",
    .regimes = "silent,tick",
    .repetitions = 2,
    .pairs = 4,
    .seed = 100,
};

static void options_of(const struct wish *wish, struct run_options *options)
{
    *options = (struct run_options){
        .suite = wish->suite,
        .quick = wish->quick,
        .full = wish->full,
        .repetitions = wish->repetitions,
        .pairs = wish->pairs,
        .jobs = 8,
        .seed = wish->seed,
        .settle_s = wish->settle_s,
    };
    if (wish->allocators) {
        texts_add(&options->allocators, wish->allocators);
    }
    if (wish->workloads) {
        texts_add(&options->workloads, wish->workloads);
    }
    texts_split(&options->kinds, wish->kinds);
    texts_split(&options->regimes, wish->regimes);
}

static void options_forget(struct run_options *options)
{
    texts_free(&options->allocators);
    texts_free(&options->workloads);
    texts_free(&options->kinds);
    texts_free(&options->regimes);
}

static enum status try_plan(const struct wish *wish, struct plan *plan,
                            struct reason *reason)
{
    struct run_options options;
    options_of(wish, &options);
    reason->text[0] = '\0';
    const enum status status = plan_make(&options, plan, reason);
    options_forget(&options);
    return status;
}

struct planned {
    struct run_options options;
    struct plan plan;
};

static void make(const struct wish *wish, struct planned *planned)
{
    struct reason reason = {""};
    options_of(wish, &planned->options);
    if (plan_make(&planned->options, &planned->plan, &reason) != STATUS_OK) {
        fail_msg("%s", reason.text);
    }
}

static void drop(struct planned *planned)
{
    plan_free(&planned->plan);
    options_forget(&planned->options);
}

static void assert_refused(const struct wish *wish, const char *part)
{
    struct plan plan;
    struct reason reason;
    assert_int_equal(try_plan(wish, &plan, &reason), STATUS_FAILED);
    assert_contains(reason.text, part);
    plan_free(&plan);
}

static size_t allocator_index(const struct plan *plan, const struct cell *cell)
{
    return (size_t)(cell->allocator - plan->allocators);
}

static void each_cell_is_there_as_often_as_was_asked_for(void **state)
{
    (void)state;
    struct planned planned;
    make(&simple, &planned);
    const struct plan *plan = &planned.plan;
    /* 2 workloads, each with 2 repetitions x 2 regimes of 4 allocators and
     * 4 pairs of them and of the second reference */
    assert_int_equal(plan->cell_count, 2 * (2 * 2 * 4 + 4 * 5));
    for (size_t i = 0; i < plan->cell_count; i++) {
        const struct cell *cell = &plan->cells[i];
        size_t same = 0;
        for (size_t j = 0; j < plan->cell_count; j++) {
            const struct cell *other = &plan->cells[j];
            same += cell->allocator == other->allocator &&
                    cell->workload == other->workload &&
                    cell->kind == other->kind && cell->after == other->after &&
                    cell->repetition == other->repetition;
        }
        assert_int_equal(same, 1);
        assert_false(cell->done);
        assert_true(cell->kind->memory ? cell->after != NULL
                                       : cell->after == NULL);
    }
    drop(&planned);
}

static void a_block_has_each_allocator_once_and_all_else_alike(void **state)
{
    (void)state;
    struct planned planned;
    make(&simple, &planned);
    const struct plan *plan = &planned.plan;
    size_t count = 0;
    unsigned block = 0;
    for (size_t i = 0; i < plan->cell_count; i += count) {
        const struct cell *first = &plan->cells[i];
        bool seen[5] = {false};
        count = first->kind->memory ? 4 : 5;
        assert_int_equal(first->block, block++);
        for (size_t p = 0; p < count; p++) {
            const struct cell *cell = &plan->cells[i + p];
            assert_int_equal(cell->block, first->block);
            assert_int_equal(cell->position, p);
            assert_ptr_equal(cell->workload, first->workload);
            assert_ptr_equal(cell->kind, first->kind);
            assert_ptr_equal(cell->after, first->after);
            assert_int_equal(cell->repetition, first->repetition);
            assert_int_equal(cell->seed, first->seed);
            assert_false(seen[allocator_index(plan, cell)]);
            seen[allocator_index(plan, cell)] = true;
        }
    }
    drop(&planned);
}

/* Over as many blocks of a kind as there are allocators. */
static void each_allocator_takes_each_position_equally_often(void **state)
{
    (void)state;
    struct planned planned;
    struct wish wish = simple;
    wish.workloads = "fill_drain";
    wish.kinds = "timing";
    wish.pairs = 15;
    make(&wish, &planned);
    const struct plan *plan = &planned.plan;
    assert_int_equal(plan->cell_count, 15 * 5);
    for (size_t round = 0; round < 3; round++) {
        int taken[5][5] = {{0}};
        for (size_t i = round * 25; i < round * 25 + 25; i++) {
            const struct cell *cell = &plan->cells[i];
            taken[allocator_index(plan, cell)][cell->position]++;
        }
        for (size_t a = 0; a < 5; a++) {
            for (size_t p = 0; p < 5; p++) {
                assert_int_equal(taken[a][p], 1);
            }
        }
    }
    drop(&planned);
}

static bool same_order(const struct plan *a, const struct plan *b)
{
    assert_int_equal(a->cell_count, b->cell_count);
    for (size_t i = 0; i < a->cell_count; i++) {
        if (allocator_index(a, &a->cells[i]) !=
            allocator_index(b, &b->cells[i])) {
            return false;
        }
    }
    return true;
}

static void the_same_seed_gives_the_same_plan_another_seed_another(void **s)
{
    (void)s;
    struct planned first, second, other;
    struct wish wish = simple;
    make(&wish, &first);
    make(&wish, &second);
    wish.seed++;
    make(&wish, &other);
    assert_true(same_order(&first.plan, &second.plan));
    assert_false(same_order(&first.plan, &other.plan));
    drop(&first);
    drop(&second);
    drop(&other);
}

static void the_order_is_no_rotation_of_one_order(void **state)
{
    (void)state;
    struct planned planned;
    struct wish wish = simple;
    wish.allocators = "a=bump,b=bump,c=bump,d=bump,e=bump,f=bump";
    wish.workloads = "fill_drain";
    wish.kinds = "timing";
    wish.pairs = 6;
    size_t rotations = 0;
    for (wish.seed = 0; wish.seed < 20; wish.seed++) {
        make(&wish, &planned);
        bool rotated = true;
        for (size_t i = 0; i + 6 < planned.plan.cell_count; i++) {
            const struct cell *cells = planned.plan.cells;
            rotated &= (allocator_index(&planned.plan, &cells[i]) + 1) % 6 ==
                       allocator_index(&planned.plan, &cells[i + 6]);
        }
        rotations += rotated;
        drop(&planned);
    }
    assert_true(rotations < 2);
}

static void repetition_i_uses_the_seed_plus_i(void **state)
{
    (void)state;
    struct planned planned;
    make(&simple, &planned);
    unsigned last = 0;
    for (size_t i = 0; i < planned.plan.cell_count; i++) {
        const struct cell *cell = &planned.plan.cells[i];
        assert_int_equal(cell->seed, 100 + cell->repetition);
        last = cell->repetition > last ? cell->repetition : last;
    }
    assert_int_equal(last, 3);
    drop(&planned);
}

static void instructions_are_repeated_as_memory_is(void **state)
{
    (void)state;
    struct planned planned;
    struct wish wish = simple;
    wish.kinds = "instructions,hardware_instructions";
    make(&wish, &planned);
    /* 4 allocators x 2 workloads x 2 repetitions x 2 kinds */
    assert_int_equal(planned.plan.cell_count, 32);
    for (size_t i = 0; i < planned.plan.cell_count; i++) {
        const struct cell *cell = &planned.plan.cells[i];
        assert_null(cell->after);
        assert_int_equal(cell->seed, 100 + cell->repetition);
    }
    drop(&planned);
}

static void what_runs_alone_comes_after_what_may_overlap(void **state)
{
    (void)state;
    struct planned planned;
    struct wish wish = simple;
    wish.kinds = "timing,memory,account";
    make(&wish, &planned);
    bool alone = false;
    for (size_t i = 0; i < planned.plan.cell_count; i++) {
        const bool pinned = planned.plan.cells[i].kind->pinned;
        assert_true(pinned || !alone);
        alone = pinned;
    }
    assert_true(alone);
    assert_string_equal(planned.plan.cells[0].kind->name, "memory");
    drop(&planned);
}

/* A run cut short has some of everything. */
static void repetitions_change_slowest(void **state)
{
    (void)state;
    struct planned planned;
    make(&simple, &planned);
    const struct cell *cells = planned.plan.cells;
    for (size_t i = 1; i < planned.plan.cell_count; i++) {
        assert_true(cells[i].kind != cells[i - 1].kind ||
                    cells[i].repetition >= cells[i - 1].repetition);
    }
    drop(&planned);
}

static void a_kind_that_is_not_repeated_runs_once(void **state)
{
    (void)state;
    struct planned planned;
    struct wish wish = simple;
    wish.kinds = "account";
    make(&wish, &planned);
    assert_int_equal(planned.plan.cell_count, 4 * 2);
    drop(&planned);
}

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

static void stalls_and_traffic_are_repeated_and_not_paired(void **state)
{
    (void)state;
    struct planned planned;
    struct wish wish = simple;
    wish.kinds = "traffic,stalls";
    make(&wish, &planned);
    const struct plan *plan = &planned.plan;
    /* Four allocators, two workloads, two repetitions of each kind. */
    assert_int_equal(plan->cell_count, 4 * 2 * 2 * 2);
    for (size_t i = 0; i < plan->cell_count; i++) {
        const struct cell *cell = &plan->cells[i];
        assert_int_equal(cell->seed, 100 + cell->repetition);
        assert_null(cell->after);
        /* What must be alone comes last. */
        assert_int_equal(cell->kind->pinned, i >= plan->cell_count / 2);
    }
    drop(&planned);
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
        cmocka_unit_test(each_cell_is_there_as_often_as_was_asked_for),
        cmocka_unit_test(a_block_has_each_allocator_once_and_all_else_alike),
        cmocka_unit_test(each_allocator_takes_each_position_equally_often),
        cmocka_unit_test(
            the_same_seed_gives_the_same_plan_another_seed_another),
        cmocka_unit_test(the_order_is_no_rotation_of_one_order),
        cmocka_unit_test(repetition_i_uses_the_seed_plus_i),
        cmocka_unit_test(instructions_are_repeated_as_memory_is),
        cmocka_unit_test(what_runs_alone_comes_after_what_may_overlap),
        cmocka_unit_test(repetitions_change_slowest),
        cmocka_unit_test(a_kind_that_is_not_repeated_runs_once),
        cmocka_unit_test(the_regime_lasts_1_10_or_30_seconds_or_what_is_asked),
        cmocka_unit_test(a_list_or_range_of_rates_is_a_regime_for_each),
        cmocka_unit_test(without_lists_the_default_matrix_is_run),
        cmocka_unit_test(regimes_longer_than_the_time_limit_are_refused),
        cmocka_unit_test(stalls_and_traffic_are_repeated_and_not_paired),
        cmocka_unit_test(a_suite_s_kinds_are_kinds),
        cmocka_unit_test(every_suite_can_be_planned_and_takes_more_workloads),
        cmocka_unit_test(lists_and_ranges_become_cells),
        cmocka_unit_test(what_is_there_twice_is_refused),
        cmocka_unit_test(the_reference_may_stand_twice_under_two_names),
        cmocka_unit_test(the_reference_stands_twice_in_blocks_of_times),
        cmocka_unit_test(unknown_names_are_refused_with_the_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
