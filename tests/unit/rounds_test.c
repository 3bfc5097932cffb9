/* workloads/support/rounds.c: what each round makes and leaves behind. */
#include "stage.h"

#include "../../workloads/support/rounds.h"

enum { BLOCKS = 40, KEEP = 10 };

static struct stage *on_stage;

static const struct size_range sizes[] = {{SIZE_MIX_WHOLE, 101, 101, 1},
                                          {0, 0, 0, 0}};

static size_t request_bytes(const struct run *run)
{
    (void)run;
    return 101;
}

static enum status prepare(struct run *run)
{
    struct rounds *rounds = run_scratch(run, sizeof *rounds);
    run_set_state(run, rounds);
    return rounds ? rounds_prepare(run, rounds, BLOCKS) : STATUS_FAILED;
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    return rounds_rise(run, run_state(run), heap, BLOCKS, sizes, "fill");
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    return rounds_drop(run, run_state(run), heap, KEEP, "drain");
}

/* Which slots are live, a bit each. */
static uint64_t live_slots(const struct rounds *rounds)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < rounds->table.count; i++) {
        bits |= (uint64_t)(rounds->table.slots[i].block != NULL) << i;
    }
    return bits;
}

/* Notes the survivors of the first round, then those of a second. */
static enum status drain_twice(struct run *run,
                               const struct allocator_calls *heap)
{
    const struct rounds *rounds = run_state(run);
    enum status status = rounds_drop(run, run_state(run), heap, KEEP, "drop");
    on_stage->notes[0] = live_slots(rounds);
    if (status == STATUS_OK) {
        status = rounds_rise(run, run_state(run), heap, BLOCKS - 4, sizes,
                             "second");
        on_stage->notes[1] = live_slots(rounds);
    }
    if (status == STATUS_OK) {
        status = drain(run, heap);
        on_stage->notes[2] = live_slots(rounds);
    }
    return status;
}

static enum status rest(struct run *run, const struct allocator_calls *heap)
{
    struct rounds *rounds = run_state(run);
    block_table_release(run, &rounds->table, heap, "rest");
    return STATUS_OK;
}

static void each_live(struct run *run, block_visitor *visit, void *context)
{
    const struct rounds *rounds = run_state(run);
    block_table_each_live(&rounds->table, visit, context);
}

static void play_as(struct stage *stage, workload_step *its_drain)
{
    on_stage = stage;
    stage->workload.prepare = prepare;
    stage->workload.request_bytes = request_bytes;
    stage->workload.build = build;
    stage->workload.drain = its_drain;
    stage->workload.rest = rest;
    stage->workload.each_live = each_live;
}

static void assert_sample(const struct report *report, const char *phase,
                          uint64_t operations, uint64_t blocks)
{
    const struct sample *sample = stage_sample(report, phase, 0);
    assert_int_equal(sample->operations, operations);
    assert_int_equal(sample->live_blocks, blocks);
    assert_int_equal(sample->live_bytes, blocks * 101);
}

static void exactly_one_in_keep_survives_each_round(void **state)
{
    struct stage *stage = *state;
    stage_kind(stage, "account", NULL);
    play_as(stage, drain_twice);
    const struct report *report = stage_play_ok(stage);
    assert_sample(report, "fill", 40, 40);
    assert_sample(report, "drop", 36, 4);
    assert_sample(report, "second", 32, 36);
    assert_sample(report, "drain", 29, 7); /* 4 before, 3 of 32 */
    assert_sample(report, "rest", 7, 0);
}

static void survivors_stay_through_the_rounds_that_follow(void **state)
{
    struct stage *stage = *state;
    stage_kind(stage, "account", NULL);
    play_as(stage, drain_twice);
    (void)stage_play_ok(stage);
    const uint64_t *live = stage->notes;
    assert_int_equal(live[0] & ~live[1], 0);
    assert_int_equal(live[0] & ~live[2], 0);
    assert_int_equal(live[2] & ~live[1], 0);
    assert_int_equal(__builtin_popcountll(live[0]), 4);
    assert_int_equal(__builtin_popcountll(live[1]), 36);
    assert_int_equal(__builtin_popcountll(live[2]), 7);
}

static void survivors_are_any_of_a_round(void **state)
{
    struct stage *stage = *state;
    stage_kind(stage, "timing", NULL);
    play_as(stage, drain_twice);
    uint64_t survived = 0;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        stage->order.seed = seed;
        stage->slots.allocations = stage->slots.releases = 0;
        memset(&stage->report, 0, sizeof stage->report);
        (void)stage_play_ok(stage);
        survived |= stage->notes[0];
    }
    /* 100 seeds leave out one slot with a chance of 40 * 0.9^100. */
    assert_int_equal(survived, (UINT64_C(1) << BLOCKS) - 1);
}

static void a_refill_is_up_to_the_peak_again(void **state)
{
    struct stage *stage = *state;
    stage_kind(stage, "memory", "tick");
    play_as(stage, drain);
    const struct report *report = stage_play_ok(stage);
    assert_sample(report, "drain", 36, 4);
    assert_sample(report, "refill", 36, 40);
    assert_sample(report, "rest", 40, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(exactly_one_in_keep_survives_each_round),
        stage_test(survivors_stay_through_the_rounds_that_follow),
        stage_test(survivors_are_any_of_a_round),
        stage_test(a_refill_is_up_to_the_peak_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
