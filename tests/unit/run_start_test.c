/* harness/run.c: what comes before the base sample of a cell, and who may be
 * measured at all. */
#include "stage.h"

/* ---- before the base -------------------------------------------------------
 */

static void a_warm_start_makes_one_block_of_the_workloads_size(void **state)
{
    struct stage *stage = *state;
    stage_kind(stage, "timing", NULL);
    (void)stage_play_ok(stage);
    assert_int_equal(stage->slots.allocations, 9); /* eight and the poke */
    stage->slots.allocations = stage->slots.releases = 0;
    stage->report.sample_count = 0;
    stage_set_setting(&stage->chosen_workload.store, "start", "warm");
    const struct report *report = stage_play_ok(stage);
    assert_int_equal(stage->slots.allocations, 10);
    assert_int_equal(stage->slots.releases, 9); /* one of 8 survives */
    assert_int_equal(stage->slots.sizes[0], SMALL_BYTES);
    assert_int_equal(stage_sample(report, "half", 0)->operations, 4);
}

static void take_note(void *context)
{
    struct stage *stage = context;
    stage->notes[1 + stage->notes[0]++] = stage->report.sample_count;
}

static void the_turn_is_given_up_for_the_regime_and_taken_back(void **state)
{
    struct stage *stage = *state;
    stage->parts.turns = (struct turns){take_note, take_note, stage};
    (void)stage_play_ok(stage);
    assert_int_equal(stage->notes[0], 2);
    assert_int_equal(stage->notes[1], 3); /* half, fill and drain are taken */
    assert_int_equal(stage->notes[2], 7); /* and four of the regime */
}

static void a_missing_need_makes_a_cell_unsupported_in_words(void **state)
{
    struct stage *stage = *state;
    static const struct {
        unsigned need;
        const char *words;
    } rows[] = {
        {CAN_THREADS, "small needs threads, which slots does not offer"},
        {CAN_FORK, "small needs fork, which slots does not offer"},
        {CAN_ZEROED, "small needs zeroed allocation"},
        {CAN_RESIZE, "small needs resize"},
        {CAN_ALIGNED, "small needs aligned allocation"},
        {CAN_USABLE_SIZE, "small needs usable size"},
        {CAN_PURGE, "small needs purge"},
        {CAN_STATS, "small needs statistics"},
        {CAN_INSPECT, "small needs inspection"},
    };
    stage_kind(stage, "timing", NULL);
    const unsigned all = 2 * CAN_INSPECT - 1;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        stage->workload.needs = rows[i].need;
        stage->slots.offered = all & ~rows[i].need;
        stage_play_fails(stage, STATUS_UNSUPPORTED, rows[i].words);
        assert_int_equal(stage->slots.allocations, 0);
        assert_int_equal(stage->report.sample_count, 0);
    }
}

static void a_kind_for_one_thread_refuses_a_workload_with_several(void **s)
{
    struct stage *stage = *s;
    static struct kind kind;
    kind = *find_kind("account");
    kind.one_thread = true;
    stage->parts.kind = &kind;
    stage->workload.needs = CAN_THREADS;
    stage_play_fails(stage, STATUS_UNSUPPORTED,
                     "the kind account follows one thread, small has several");
}

static void a_need_that_is_met_is_no_obstacle(void **state)
{
    struct stage *stage = *state;
    static struct allocator capable;
    capable = slot_allocator_plugin;
    capable.capabilities = CAN_THREADS | CAN_FORK;
    stage->allocator.allocator = &capable;
    stage->slots.offered = stage->workload.needs = 2 * CAN_INSPECT - 1;
    stage_kind(stage, "timing", NULL);
    (void)stage_play_ok(stage);
}

/* ---- who is measured -------------------------------------------------------
 */

static void stage_identify(struct stage *stage)
{
    static struct allocator unchecked;
    unchecked = slot_allocator_plugin;
    unchecked.capabilities = CAN_REPEAT;
    stage->allocator.allocator = &unchecked;
    stage->parts.kind = NULL;
    stage->parts.workload = NULL;
}

static void without_a_kind_the_allocator_is_only_attached(void **state)
{
    struct stage *stage = *state;
    stage_identify(stage);
    const struct report *report = stage_play_ok(stage);
    assert_true(report->attached);
    assert_int_equal(report->sample_count, 0);
    assert_int_equal(stage->slots.allocations, 0);
    assert_int_equal(stage->meter.opens, 0);
}

static void who_is_identified_must_pass_the_self_check(void **state)
{
    struct stage *stage = *state;
    stage_identify(stage);
    stage->allocator.allocator = &slot_allocator_plugin;
    stage_play_fails(stage, STATUS_FAILED, ") returned NULL");
    assert_string_equal(stage->report.where, "self-check");
    assert_int_equal(stage->slots.allocations, SLOT_COUNT + 1);
}

static void an_allocator_that_cannot_attach_speaks_for_itself(void **state)
{
    struct stage *stage = *state;
    stage->slots.attach_status = STATUS_UNSUPPORTED;
    stage_play_fails(stage, STATUS_UNSUPPORTED, "not installed: get it");
    assert_false(stage->report.attached);
    assert_true(stage->slots.kept_settings);
    stage->slots.attach_status = STATUS_FAILED;
    stage_play_fails(stage, STATUS_FAILED, "not installed: get it");
}

static void a_library_where_the_calls_do_not_live_is_no_identity(void **state)
{
    struct stage *stage = *state;
    stage->slots.library = "/bin/sh";
    stage_play_fails(stage, STATUS_FAILED,
                     "alloc does not live in /bin/sh: another allocator "
                     "would be measured");
    assert_false(stage->report.attached);
    stage->slots.library = "/nonexistent/lib.so";
    stage_play_fails(stage, STATUS_FAILED, "file cannot be found");
}

static void the_file_of_the_calls_is_hashed(void **state)
{
    struct stage *stage = *state;
    stage_identify(stage);
    stage->slots.library = "/proc/self/exe";
    const struct report *report = stage_play_ok(stage);
    assert_true(report->attached);
    assert_int_equal(strlen(report->proof.sha256), 64);
    assert_int_equal(strspn(report->proof.sha256, "0123456789abcdef"), 64);
}

static void a_version_is_met_by_its_leading_numbers(void **state)
{
    static const struct {
        const char *wanted, *installed;
        enum status status;
    } rows[] = {
        {"2.36", "2.36", STATUS_OK},
        {"2", "2.36", STATUS_OK},
        {"2.36", "2.36.1", STATUS_OK},
        {"5.3", "5.3-rc1", STATUS_OK},
        {"2.37", "2.36", STATUS_UNSUPPORTED},
        {"2.3", "2.36", STATUS_UNSUPPORTED},
        {"2.36.1", "2.36", STATUS_UNSUPPORTED},
        {"2.36", "", STATUS_UNSUPPORTED},
    };
    struct stage *stage = *state;
    stage_identify(stage);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        stage->allocator.address.version = rows[i].wanted;
        stage->slots.version = rows[i].installed;
        const struct report *report = stage_play(stage);
        assert_int_equal(report->status, rows[i].status);
        if (rows[i].status != STATUS_OK) {
            assert_contains(report->reason.text,
                            *rows[i].installed ? "is not installed: this is"
                                               : "does not tell its version");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(without_a_kind_the_allocator_is_only_attached),
        stage_test(who_is_identified_must_pass_the_self_check),
        stage_test(a_warm_start_makes_one_block_of_the_workloads_size),
        stage_test(the_turn_is_given_up_for_the_regime_and_taken_back),
        stage_test(a_missing_need_makes_a_cell_unsupported_in_words),
        stage_test(a_kind_for_one_thread_refuses_a_workload_with_several),
        stage_test(a_need_that_is_met_is_no_obstacle),
        stage_test(an_allocator_that_cannot_attach_speaks_for_itself),
        stage_test(a_library_where_the_calls_do_not_live_is_no_identity),
        stage_test(the_file_of_the_calls_is_hashed),
        stage_test(a_version_is_met_by_its_leading_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
