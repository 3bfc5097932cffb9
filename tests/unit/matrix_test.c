/* harness/matrix.c: how often each cell of a run comes, and in which order. */
#include "matrix_fixture.h"

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
        cmocka_unit_test(stalls_and_traffic_are_repeated_and_not_paired),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
