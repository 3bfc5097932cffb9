/* workloads/support/script.c, block_table.c and course.c: what the allocator
 * is asked for, in which order, and what is told of it. */
#include "stage.h"

#include "../../workloads/support/course.h"

enum { SLOTS = 16, REQUESTS = 3 * BATCH_OPERATIONS };

static struct stage *on_stage;

static size_t request_bytes(const struct run *run)
{
    (void)run;
    return 100;
}

static struct course *prepared(struct run *run)
{
    const struct course_size size = {SLOTS, REQUESTS, REQUESTS, REQUESTS};
    return course_prepare(run, &size);
}

/* Two blocks, then three more in the place of one, of which two survive. */
static enum status prepare_small(struct run *run)
{
    struct course *course = prepared(run);
    if (!course) {
        return STATUS_FAILED;
    }
    script_make(&course->first, 1, 100);
    script_make(&course->first, 2, 200);
    script_release(&course->fill, 1, 100);
    script_make(&course->fill, 3, 301);
    script_make(&course->fill, 1, 400);
    script_make(&course->fill, 7, 500);
    script_release(&course->drain, 7, 500);
    script_release(&course->drain, 2, 200);
    return STATUS_OK;
}

static enum status prepare_without_first(struct run *run)
{
    const enum status status = prepare_small(run);
    struct course *course = run_state(run);
    const struct script first = course->first;
    course->first = course->fill;
    course->first.count = 0;
    course->fill = first;
    course->drain.count = 0;
    return status;
}

/* More than two batches and not a multiple of one, in 3 slots. */
static enum status prepare_long(struct run *run)
{
    struct course *course = prepared(run);
    if (!course) {
        return STATUS_FAILED;
    }
    for (size_t i = 0; i < 3; i++) {
        script_make(&course->fill, i, 16);
    }
    for (size_t i = 0; i < BATCH_OPERATIONS; i++) {
        script_release(&course->fill, i % 3, 16);
        script_make(&course->fill, i % 3, 16);
    }
    script_release(&course->drain, 0, 16);
    return STATUS_OK;
}

static void play_as(struct stage *stage, enum status (*prepare)(struct run *))
{
    on_stage = stage;
    stage->workload.prepare = prepare;
    stage->workload.request_bytes = request_bytes;
    stage->workload.build = course_build;
    stage->workload.drain = course_drain;
    stage->workload.rest = course_rest;
    stage->workload.each_live = course_each_live;
}

static void assert_sample(const struct report *report, const char *phase,
                          uint64_t operations, uint64_t blocks, uint64_t bytes)
{
    const struct sample *sample = stage_sample(report, phase, 0);
    assert_int_equal(sample->operations, operations);
    assert_int_equal(sample->live_blocks, blocks);
    assert_int_equal(sample->live_bytes, bytes);
}

static void a_course_is_gone_through_as_it_was_drawn(void **state)
{
    struct stage *stage = *state;
    stage_kind(stage, "account", NULL);
    play_as(stage, prepare_small);
    const struct report *report = stage_play_ok(stage);
    assert_phases(report, PHASES("first", "fill", "drain", "rest"));
    static const uint64_t sizes[] = {100, 200, 301, 400, 500};
    assert_int_equal(stage->slots.allocations, 5);
    assert_memory_equal(stage->slots.sizes, sizes, sizeof sizes);
    assert_int_equal(stage->slots.releases, 5);
    assert_sample(report, "first", 2, 2, 300);
    assert_sample(report, "fill", 4, 4, 1401);
    assert_sample(report, "drain", 2, 2, 701);
    assert_sample(report, "rest", 2, 0, 0);
}

static void a_refill_makes_again_what_the_drain_released(void **state)
{
    struct stage *stage = *state;
    stage_kind(stage, "memory", "tick");
    play_as(stage, prepare_small);
    const struct report *report = stage_play_ok(stage);
    assert_sample(report, "refill", 2, 4, 1401);
    assert_sample(report, "rest", 4, 0, 0);
    assert_int_equal(stage->slots.allocations, stage->slots.releases);
    /* The last two that the allocator was asked for, in the drain's order. */
    const uint64_t *last = &stage->slots.sizes[stage->slots.allocations - 2];
    assert_int_equal(last[0], 500);
    assert_int_equal(last[1], 200);
}

static void a_course_without_a_first_phase_begins_with_the_fill(void **state)
{
    struct stage *stage = *state;
    stage_kind(stage, "account", NULL);
    play_as(stage, prepare_without_first);
    assert_phases(stage_play_ok(stage), PHASES("fill", "drain", "rest"));
}

static void a_long_script_is_made_to_its_last_request(void **state)
{
    struct stage *stage = *state;
    stage_kind(stage, "account", NULL);
    play_as(stage, prepare_long);
    const struct report *report = stage_play_ok(stage);
    assert_sample(report, "fill", 3 + 2 * BATCH_OPERATIONS, 3, 48);
    assert_sample(report, "drain", 1, 2, 32);
    assert_int_equal(stage->slots.allocations, 3 + BATCH_OPERATIONS);
    assert_int_equal(stage->slots.releases, stage->slots.allocations);
}

/* What page truth visits after the drain, added to the notes: blocks, bytes,
 * and bytes that do not hold the slot's number. */
static void note_block(void *context, const void *block, size_t size)
{
    struct stage *stage = context;
    const unsigned char *bytes = block;
    stage->notes[0]++;
    stage->notes[1] += size;
    for (size_t i = 0; i < size; i++) {
        stage->notes[2] += bytes[i] != bytes[0] || bytes[i] == 0;
    }
}

static enum status visit_then_rest(struct run *run,
                                   const struct allocator_calls *heap)
{
    course_each_live(run, note_block, on_stage);
    return course_rest(run, heap);
}

static void every_byte_of_every_live_block_is_written(void **state)
{
    struct stage *stage = *state;
    stage_kind(stage, "memory", "silent");
    play_as(stage, prepare_small);
    stage->workload.rest = visit_then_rest;
    (void)stage_play_ok(stage);
    assert_int_equal(stage->notes[0], 2);
    assert_int_equal(stage->notes[1], 701);
    assert_int_equal(stage->notes[2], 0);
}

static void no_memory_fails_the_phase_and_says_where(void **state)
{
    struct stage *stage = *state;
    stage_kind(stage, "timing", NULL);
    stage->slots.null_at = 3;
    play_as(stage, prepare_small);
    stage_play_fails(stage, STATUS_FAILED,
                     "phase fill: the allocator had no memory between "
                     "request 0 and 4");
}

static void inverted_twice_a_script_is_what_it_was(void **state)
{
    (void)state;
    struct request requests[] = {{1, 100}, {2, -200}};
    struct script script = {requests, 2, 2};
    script_invert(&script);
    assert_int_equal(requests[0].bytes, -100);
    assert_int_equal(requests[1].bytes, 200);
    script_invert(&script);
    assert_int_equal(requests[0].bytes, 100);
    assert_int_equal(requests[1].bytes, -200);
    assert_int_equal(requests[1].slot, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(a_course_is_gone_through_as_it_was_drawn),
        stage_test(a_refill_makes_again_what_the_drain_released),
        stage_test(a_course_without_a_first_phase_begins_with_the_fill),
        stage_test(a_long_script_is_made_to_its_last_request),
        stage_test(every_byte_of_every_live_block_is_written),
        stage_test(no_memory_fails_the_phase_and_says_where),
        cmocka_unit_test(inverted_twice_a_script_is_what_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
