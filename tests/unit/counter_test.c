/* Kinds that count instructions: which of a cell's steps are counted, and for
 * which sample. The counter here counts the virtual clock's nanoseconds. */
#include "stage.h"

#define CALL_NS      UINT64_C(20)
#define OPERATION_NS (CALL_NS + SMALL_WORK_NS)

static struct {
    bool refuses, running;
    uint64_t started_ns, count;
} fake;

static enum status fake_open(struct reason *reason)
{
    return fake.refuses ? explain(reason, STATUS_UNSUPPORTED, "none here")
                        : STATUS_OK;
}

static void fake_start(void)
{
    fake.running = true;
    fake.started_ns = virtual_meter->now_ns;
}

static void fake_stop(void)
{
    assert_true(fake.running);
    fake.running = false;
    fake.count = virtual_meter->now_ns - fake.started_ns;
}

static uint64_t fake_read(const char *phase)
{
    assert_false(fake.running);
    return strcmp(phase, "half") == 0 ? UNKNOWN : fake.count;
}

static const struct counter fake_counter = {
    .source = "fake",
    .open = fake_open,
    .start = fake_start,
    .stop = fake_stop,
    .read = fake_read,
};

static int open_counted(void **state)
{
    static const struct kind kind = {
        .name = "counted",
        .summary = "for this test",
        .poke_trim = true,
        .one_thread = true,
        .counter = &fake_counter,
    };
    memset(&fake, 0, sizeof fake);
    (void)stage_open(state);
    struct stage *stage = *state;
    stage->parts.kind = &kind;
    stage->slots.call_ns = CALL_NS;
    return 0;
}

static void a_phase_counts_its_own_instructions_alone(void **state)
{
    struct stage *stage = *state;
    const struct report *report = stage_play_ok(stage);
    assert_phases(report, PHASES("half", "fill", "drain", "poke", "trim"));
    /* Pauses before begin_phase are not counted. */
    const uint64_t expected[] = {UNKNOWN, 4 * OPERATION_NS, 7 * OPERATION_NS,
                                 2 * CALL_NS, CALL_NS};
    for (uint32_t i = 0; i < report->sample_count; i++) {
        assert_int_equal(report->samples[i].instructions, expected[i]);
    }
}

static void a_counter_that_refuses_makes_the_cell_unsupported(void **state)
{
    struct stage *stage = *state;
    fake.refuses = true;
    stage_play_fails(stage, STATUS_UNSUPPORTED, "none here");
    assert_int_equal(stage->report.sample_count, 0);
}

static void other_kinds_count_nothing(void **state)
{
    struct stage *stage = *state;
    stage_kind(stage, "timing", NULL);
    const struct report *report = stage_play_ok(stage);
    for (uint32_t i = 0; i < report->sample_count; i++) {
        assert_int_equal(report->samples[i].instructions, UNKNOWN);
    }
}

static void workloads_with_threads_are_not_counted(void **state)
{
    struct stage *stage = *state;
    stage->workload.needs = CAN_THREADS;
    stage_play_fails(stage, STATUS_UNSUPPORTED,
                     "the kind counted follows one thread");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_phase_counts_its_own_instructions_alone, open_counted,
            stage_close),
        cmocka_unit_test_setup_teardown(
            a_counter_that_refuses_makes_the_cell_unsupported, open_counted,
            stage_close),
        cmocka_unit_test_setup_teardown(other_kinds_count_nothing,
                                        open_counted, stage_close),
        cmocka_unit_test_setup_teardown(workloads_with_threads_are_not_counted,
                                        open_counted, stage_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
