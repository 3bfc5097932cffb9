/* harness/run.c: the phases of a cell, what each sample says, and how a cell
 * ends. Times are those of the virtual clock, so every figure is exact. */
#include "stage.h"

/* ---- which samples there are ----------------------------------------------
 */

static void after_silence_come_poke_trim_and_rest(void **state)
{
    struct stage *stage = *state;
    const struct report *report = stage_play_ok(stage);
    assert_phases(report, PHASES("half", "fill", "drain", "silent", "silent",
                                 "silent", "silent", "poke", "trim", "rest"));
    static const uint64_t operations[] = {4, 4, 7, 0, 0, 0, 0, 2, 1, 1};
    static const uint64_t live[] = {4, 8, 1, 1, 1, 1, 1, 1, 1, 0};
    for (uint32_t i = 0; i < report->sample_count; i++) {
        assert_int_equal(report->samples[i].operations, operations[i]);
        assert_int_equal(report->samples[i].live_blocks, live[i]);
        assert_int_equal(report->samples[i].live_bytes, live[i] * SMALL_BYTES);
    }
    assert_int_equal(stage->slots.purges, 1);
}

static void after_requests_come_refill_and_rest(void **state)
{
    struct stage *stage = *state;
    stage_kind(stage, "memory", "tick");
    const struct report *report = stage_play_ok(stage);
    assert_phases(report, PHASES("half", "fill", "drain", "tick", "tick",
                                 "tick", "tick", "refill", "rest"));
    const struct sample *refill = stage_sample(report, "refill", 0);
    assert_int_equal(refill->operations, 7); /* one block had survived */
    assert_int_equal(refill->live_blocks, 8);
    const struct sample *rest = stage_sample(report, "rest", 0);
    assert_int_equal(rest->operations, 8); /* the drain's 7 and the rest's 1 */
    assert_int_equal(rest->live_blocks, 0);
    assert_int_equal(rest->live_bytes, 0);
    assert_int_equal(stage->slots.purges, 0);
}

static void a_timing_run_ends_with_poke_and_trim_and_reads_no_memory(void **s)
{
    struct stage *stage = *s;
    stage_kind(stage, "timing", NULL);
    const struct report *report = stage_play_ok(stage);
    assert_phases(report, PHASES("half", "fill", "drain", "poke", "trim"));
    assert_int_equal(stage->meter.opens, 0);
    assert_int_equal(stage->meter.memory_reads, 0);
    assert_int_equal(stage->meter.mapping_walks, 0);
    assert_int_equal(stage->meter.sleeps, 0);
    assert_false(report->has_memory);
    assert_int_equal(report->peak_rss_bytes, UNKNOWN);
    struct memory unknown;
    memset(&unknown, 0xff, sizeof unknown);
    for (uint32_t i = 0; i < report->sample_count; i++) {
        assert_memory_equal(&report->samples[i].memory, &unknown,
                            sizeof unknown);
        assert_int_equal(report->samples[i].pages.live_bytes, UNKNOWN);
    }
}

static void an_account_ends_with_the_rest(void **state)
{
    struct stage *stage = *state;
    stage_kind(stage, "account", NULL);
    assert_phases(stage_play_ok(stage),
                  PHASES("half", "fill", "drain", "rest"));
}

static void trim_is_sampled_where_there_is_no_purge_too(void **state)
{
    struct stage *stage = *state;
    stage->slots.offered = 0;
    const struct report *report = stage_play_ok(stage);
    assert_int_equal(stage_sample(report, "trim", 0)->operations, 0);
    assert_int_equal(stage->slots.purges, 0);
}

static void without_survivors_the_rest_is_sampled_with_nothing(void **state)
{
    struct stage *stage = *state;
    stage->workload.rest = NULL;
    const struct sample *rest = stage_sample(stage_play_ok(stage), "rest", 0);
    assert_int_equal(rest->operations, 0);
    assert_int_equal(rest->usage.wall_ns, 0);
}

/* Only identifies; 64 slots are too few for the self-check, so that it is
 * left out. */
/* ---- time ------------------------------------------------------------------
 */

/* Reading memory takes 3 ms and a call 20 ns here. An operation is a call and
 * 300 ns of the workload's own; half of all time is CPU time. */
#define CALL_NS      UINT64_C(20)
#define OPERATION_NS (CALL_NS + SMALL_WORK_NS)

static void a_phase_counts_its_own_time_and_faults_alone(void **state)
{
    struct stage *stage = *state;
    stage->meter.read_memory_ns = 3 * STAGE_MS;
    stage->slots.call_ns = CALL_NS;
    const struct report *report = stage_play_ok(stage);
    static const struct {
        const char *phase;
        struct usage usage;
    } rows[] = {
        {"half", {4 * OPERATION_NS, 2 * OPERATION_NS, 4, 0}},
        {"fill", {4 * OPERATION_NS, 2 * OPERATION_NS, 4, 0}},
        {"drain", {7 * OPERATION_NS, 7 * (OPERATION_NS / 2), 0, 0}},
        {"poke", {2 * CALL_NS, CALL_NS, 0, 0}},
        {"trim", {CALL_NS, CALL_NS / 2, 0, 0}},
        {"rest", {OPERATION_NS, OPERATION_NS / 2, 0, 0}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct usage *usage =
            &stage_sample(report, rows[i].phase, 0)->usage;
        assert_int_equal(usage->wall_ns, rows[i].usage.wall_ns);
        assert_int_equal(usage->cpu_ns, rows[i].usage.cpu_ns);
        assert_int_equal(usage->minor_faults, rows[i].usage.minor_faults);
        assert_int_equal(usage->major_faults, rows[i].usage.major_faults);
    }
}

static void time_is_counted_from_the_last_release(void **state)
{
    struct stage *stage = *state;
    const uint64_t reading_ns = 3 * STAGE_MS;
    stage->meter.read_memory_ns = reading_ns;
    stage->slots.call_ns = CALL_NS;
    const struct report *report = stage_play_ok(stage);
    const uint64_t s10 = 10000 * STAGE_MS;
    const uint64_t expected[] = {
        UNKNOWN,
        UNKNOWN,
        0,
        10 * STAGE_MS,
        100 * STAGE_MS,
        1000 * STAGE_MS,
        s10,
        s10 + reading_ns + 2 * CALL_NS,                    /* poke */
        s10 + 2 * reading_ns + 3 * CALL_NS,                /* trim */
        s10 + 3 * reading_ns + 3 * CALL_NS + OPERATION_NS, /* rest */
    };
    for (uint32_t i = 0; i < report->sample_count; i++) {
        assert_int_equal(report->samples[i].since_drain_ns, expected[i]);
    }
    /* Base: two readings. Then half, its reading, the pause, fill, its
     * reading, the pause, drain. */
    assert_int_equal(report->drained_ns, STAGE_START_NS + 4 * reading_ns +
                                             15 * OPERATION_NS +
                                             2 * SMALL_PAUSE_NS);
}

static void refill_and_rest_leave_out_what_their_phases_leave_out(void **state)
{
    struct stage *stage = *state;
    stage_kind(stage, "memory", "tick");
    stage->meter.read_memory_ns = 3 * STAGE_MS;
    stage->slots.call_ns = CALL_NS;
    const struct report *report = stage_play_ok(stage);
    const struct usage *refill = &stage_sample(report, "refill", 0)->usage;
    assert_int_equal(refill->wall_ns, 7 * OPERATION_NS);
    assert_int_equal(refill->cpu_ns, 7 * (OPERATION_NS / 2));
    assert_int_equal(refill->minor_faults, 7);
    assert_int_equal(refill->major_faults, 0);
    const struct usage *rest = &stage_sample(report, "rest", 0)->usage;
    assert_int_equal(rest->wall_ns, 8 * OPERATION_NS);
    assert_int_equal(rest->cpu_ns, 8 * (OPERATION_NS / 2));
    assert_int_equal(rest->minor_faults, 0);
}

/* Two pauses, each with a begin_phase of its own. */
static enum status begins_twice(struct run *run,
                                const struct allocator_calls *heap)
{
    small_pause(run);
    virtual_spend(700);
    small_pause(run);
    small_tell(run, "fill", small_make(heap, 0, SMALL_BLOCKS));
    return STATUS_OK;
}

static void the_last_of_two_beginnings_counts(void **state)
{
    struct stage *stage = *state;
    stage_kind(stage, "memory", "tick");
    stage->workload.build = begins_twice;
    const struct report *report = stage_play_ok(stage);
    const struct usage *fill = &stage_sample(report, "fill", 0)->usage;
    assert_int_equal(fill->wall_ns, SMALL_BLOCKS * SMALL_WORK_NS);
    assert_int_equal(fill->minor_faults, SMALL_BLOCKS);
    const struct usage *refill = &stage_sample(report, "refill", 0)->usage;
    assert_int_equal(refill->wall_ns, 7 * SMALL_WORK_NS);
    assert_int_equal(refill->minor_faults, 7);
}

/* ---- memory ----------------------------------------------------------------
 */

static void the_first_reading_only_warms_the_way_to_the_base(void **state)
{
    struct stage *stage = *state;
    const struct report *report = stage_play_ok(stage);
    assert_true(report->has_memory);
    assert_int_equal(report->base.rss_bytes, 2 * VIRTUAL_MIB);
    assert_true(report->scratch_bytes > 0);
    for (uint32_t i = 0; i < report->sample_count; i++) {
        assert_int_equal(report->samples[i].memory.rss_bytes,
                         (3 + i) * VIRTUAL_MIB);
    }
}

static void the_peak_is_read_after_the_drain_and_before_the_regime(void **s)
{
    struct stage *stage = *s;
    const struct report *report = stage_play_ok(stage);
    assert_int_equal(report->peak_rss_bytes, 77 * VIRTUAL_MIB);
    assert_int_equal(stage->meter.peak_reads, 1);
    /* Two for the base, then half, fill and drain. */
    assert_int_equal(stage->meter.memory_reads_before_peak, 5);
}

/* The base's reading sees 2 MiB: beyond 2 MiB / 99 the larger is more than
 * 1 % above the smaller, of the larger. */
static void counters_that_differ_by_over_a_percent_are_marked(void **state)
{
    static const struct {
        uint64_t read, ahead_bytes;
        bool inexact;
    } rows[] = {
        {2, 21183, false},  {2, 21184, true},    {1, 999999, false},
        {12, 999999, true}, {13, 999999, false}, /* there are 12 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(stage_close(state), 0);
        assert_int_equal(stage_open(state), 0);
        struct stage *stage = *state;
        stage->meter.inexact_read = rows[i].read;
        stage->meter.statm_ahead_bytes = rows[i].ahead_bytes;
        assert_int_equal(stage_play_ok(stage)->counter_inexact,
                         rows[i].inexact);
        assert_int_equal(stage->meter.memory_reads, 12);
    }
}

static void live_blocks_are_joined_with_resident_pages(void **state)
{
    struct stage *stage = *state;
    /* The blocks are slots 0 to 7 of 16 pages each; 0 to 3 are resident. */
    static const uint64_t resident[SLOT_COUNT * 16 / 64] = {UINT64_MAX};
    stage->meter.mapping_start = (uint64_t)(uintptr_t)slot_memory;
    stage->meter.mapping_pages = UINT64_C(16) * SLOT_COUNT;
    stage->meter.mapping_resident = resident;
    const struct report *report = stage_play_ok(stage);
    static const uint64_t live_pages[] = {4, 4, 1, 1, 1, 1, 1, 1, 1, 0};
    assert_int_equal(report->base_pages.live_bytes, 0);
    assert_int_equal(report->base_pages.dead_bytes, 64 * 4096);
    for (uint32_t i = 0; i < report->sample_count; i++) {
        const struct pages *pages = &report->samples[i].pages;
        assert_int_equal(pages->live_bytes, live_pages[i] * 4096);
        assert_int_equal(pages->dead_bytes, (64 - live_pages[i]) * 4096);
        assert_int_equal(pages->granule_bytes[0], live_pages[i] * 4096);
        /* Each sample's units stand behind those of the one before. */
        assert_int_equal(pages->first_unit, 64 * (i + 1));
        assert_int_equal(pages->unit_count, 64);
        assert_int_equal(pages->unit_bytes, 4096);
        const struct page_unit *first = &report->units[pages->first_unit];
        assert_int_equal(first->number, stage->meter.mapping_start / 4096);
        assert_int_equal(first->live_pages + first->dead_pages, 1);
    }
    assert_int_equal(report->units_used, 64 * (report->sample_count + 1));
}

enum { MANY_PHASES = 150 };

static enum status build_in_many_phases(struct run *run,
                                        const struct allocator_calls *heap)
{
    for (int i = 0; i < MANY_PHASES; i++) {
        small_tell(run, "many", 0);
    }
    return small_build(run, heap);
}

/* As many units a sample as there may be: the base takes the first. */
static void units_that_may_not_fit_are_left_out(void **state)
{
    enum { FIT = UNIT_CAPACITY / PAGE_UNITS - 1 };
    static const uint64_t resident[2] = {UINT64_MAX, UINT64_MAX};
    struct stage *stage = *state;
    stage->meter.mapping_start = (uint64_t)(uintptr_t)slot_memory;
    stage->meter.mapping_pages = PAGE_UNITS;
    stage->meter.mapping_resident = resident;
    stage->workload.build = build_in_many_phases;
    const struct report *report = stage_play_ok(stage);
    assert_true(report->sample_count > FIT);
    assert_int_equal(report->units_used, UNIT_CAPACITY);
    for (uint32_t i = 0; i < report->sample_count; i++) {
        const struct pages *pages = &report->samples[i].pages;
        assert_int_equal(pages->unit_count, i < FIT ? PAGE_UNITS : UNKNOWN);
        assert_int_not_equal(pages->dead_bytes, UNKNOWN);
    }
}

static void assert_pages_unknown(const struct report *report)
{
    struct pages unknown;
    memset(&unknown, 0xff, sizeof unknown);
    assert_memory_equal(&report->base_pages, &unknown, sizeof unknown);
    for (uint32_t i = 0; i < report->sample_count; i++) {
        assert_memory_equal(&report->samples[i].pages, &unknown,
                            sizeof unknown);
    }
}

static void page_truth_is_unknown_where_maps_cannot_be_read(void **state)
{
    struct stage *stage = *state;
    stage->meter.maps_unreadable = true;
    assert_pages_unknown(stage_play_ok(stage));
}

static void page_truth_is_unknown_where_blocks_cannot_be_visited(void **state)
{
    struct stage *stage = *state;
    stage->workload.each_live = NULL;
    assert_pages_unknown(stage_play_ok(stage));
}

static void the_allocators_own_account_is_unknown_where_it_has_none(void **s)
{
    struct stage *stage = *s;
    stage->slots.offered = CAN_STATS;
    const struct sample *fill = stage_sample(stage_play_ok(stage), "fill", 0);
    assert_int_equal(fill->self_allocated_bytes, 8); /* it counts blocks */
    assert_int_equal(fill->self_arenas_mapped, 16);
    assert_int_equal(fill->self_arenas_unmapped, 3);
    assert_int_equal(fill->self_arena_bytes, UNKNOWN);
    stage->slots.offered = 0;
    stage->report.sample_count = 0;
    fill = stage_sample(stage_play_ok(stage), "fill", 0);
    assert_int_equal(fill->self_allocated_bytes, UNKNOWN);
    assert_int_equal(fill->self_arenas_unmapped, UNKNOWN);
}

/* ---- how a cell fails ------------------------------------------------------
 */

static enum status fails_in_words(struct run *run,
                                  const struct allocator_calls *heap)
{
    (void)heap;
    return run_fail(run, "step %d went wrong", 3);
}

static enum status cannot_prepare(struct run *run)
{
    return run_fail(run, "step %d went wrong", 3);
}

static void a_step_that_fails_ends_the_cell_with_its_reason(void **state)
{
    struct stage *stage = *state;
    for (int i = 0; i < 4; i++) {
        stage->workload = small_workload;
        stage->workload.prepare = i == 0 ? cannot_prepare : small_prepare;
        stage->workload.build = i == 1 ? fails_in_words : small_build;
        stage->workload.drain = i == 2 ? fails_in_words : small_drain;
        stage->workload.rest = i == 3 ? fails_in_words : small_rest;
        stage->report.sample_count = 0;
        stage_play_fails(stage, STATUS_FAILED, "step 3 went wrong");
    }
}

static void instruments_that_refuse_end_the_cell(void **state)
{
    struct stage *stage = *state;
    stage->meter.refuses_to_open = true;
    stage_play_fails(stage, STATUS_UNSUPPORTED, "no instruments here");
    assert_int_equal(stage->slots.allocations, 0);
}

static enum status ends_with_filled(struct run *run,
                                    const struct allocator_calls *heap)
{
    small_tell(run, "fill", small_make(heap, 0, SMALL_BLOCKS));
    small_tell(run, "filled", 0);
    return STATUS_OK;
}

static enum status ends_no_phase(struct run *run,
                                 const struct allocator_calls *heap)
{
    (void)run;
    (void)heap;
    return STATUS_OK;
}

static void the_last_phase_has_the_name_of_the_contract(void **state)
{
    struct stage *stage = *state;
    stage->workload.build = ends_with_filled;
    stage_play_fails(stage, STATUS_FAILED,
                     "workload small: its last phase is 'filled', not 'fill'");
    stage->workload.build = ends_no_phase;
    stage_play_fails(stage, STATUS_FAILED, "is '', not 'fill'");
    stage->workload.build = small_build;
    stage->workload.drain = ends_no_phase;
    stage_play_fails(stage, STATUS_FAILED, "is 'fill', not 'drain'");
}

static enum status ends_many_phases(struct run *run,
                                    const struct allocator_calls *heap)
{
    for (int i = 0; i < SAMPLE_CAPACITY; i++) {
        small_tell(run, "step", 0);
    }
    return small_build(run, heap);
}

static void more_phases_than_a_report_holds_are_a_failure(void **state)
{
    struct stage *stage = *state;
    stage->workload.build = ends_many_phases;
    stage_kind(stage, "timing", NULL);
    stage_play_fails(stage, STATUS_FAILED, "more than 256 phases");
    assert_int_equal(stage->report.sample_count, SAMPLE_CAPACITY);
}

static void no_memory_is_a_failure_with_its_reason(void **state)
{
    struct stage *stage = *state;
    stage_set_setting(&stage->chosen_workload.store, "start", "warm");
    stage->slots.null_at = 1;
    stage_play_fails(stage, STATUS_FAILED, "alloc(100) returned NULL");
    assert_string_equal(stage->report.where, "warm-up");
    stage_set_setting(&stage->chosen_workload.store, "start", "cold");
    stage->slots.allocations = 0;
    stage->slots.null_at = 9;
    stage_play_fails(stage, STATUS_FAILED, "alloc(2048) returned NULL");
    assert_string_equal(stage->report.where, "poke");
}

static void progress_is_published_for_the_timeline(void **state)
{
    struct stage *stage = *state;
    stage->workload.drain = fails_in_words; /* so that fill is the last */
    (void)stage_play(stage);
    assert_int_equal(stage->report.operations, 4);
    assert_int_equal(stage->report.live_bytes, 8 * SMALL_BYTES);
}

static enum status is_idle(struct run *run, const struct allocator_calls *heap)
{
    idle(run, 5 * STAGE_MS);
    small_tell(run, "fill", small_make(heap, 0, SMALL_BLOCKS));
    return STATUS_OK;
}

static void an_idle_workload_sleeps_and_spends_no_cpu(void **state)
{
    struct stage *stage = *state;
    stage->workload.build = is_idle;
    stage_kind(stage, "timing", NULL);
    const struct usage *usage =
        &stage_sample(stage_play_ok(stage), "fill", 0)->usage;
    assert_int_equal(usage->wall_ns,
                     5 * STAGE_MS + SMALL_WORK_NS * SMALL_BLOCKS);
    assert_int_equal(usage->cpu_ns, SMALL_BLOCKS * SMALL_WORK_NS / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(after_silence_come_poke_trim_and_rest),
        stage_test(after_requests_come_refill_and_rest),
        stage_test(a_timing_run_ends_with_poke_and_trim_and_reads_no_memory),
        stage_test(an_account_ends_with_the_rest),
        stage_test(trim_is_sampled_where_there_is_no_purge_too),
        stage_test(without_survivors_the_rest_is_sampled_with_nothing),
        stage_test(a_phase_counts_its_own_time_and_faults_alone),
        stage_test(time_is_counted_from_the_last_release),
        stage_test(refill_and_rest_leave_out_what_their_phases_leave_out),
        stage_test(the_last_of_two_beginnings_counts),
        stage_test(the_first_reading_only_warms_the_way_to_the_base),
        stage_test(the_peak_is_read_after_the_drain_and_before_the_regime),
        stage_test(counters_that_differ_by_over_a_percent_are_marked),
        stage_test(live_blocks_are_joined_with_resident_pages),
        stage_test(units_that_may_not_fit_are_left_out),
        stage_test(page_truth_is_unknown_where_maps_cannot_be_read),
        stage_test(page_truth_is_unknown_where_blocks_cannot_be_visited),
        stage_test(the_allocators_own_account_is_unknown_where_it_has_none),
        stage_test(a_step_that_fails_ends_the_cell_with_its_reason),
        stage_test(instruments_that_refuse_end_the_cell),
        stage_test(the_last_phase_has_the_name_of_the_contract),
        stage_test(more_phases_than_a_report_holds_are_a_failure),
        stage_test(no_memory_is_a_failure_with_its_reason),
        stage_test(progress_is_published_for_the_timeline),
        stage_test(an_idle_workload_sleeps_and_spends_no_cpu),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
