/* workloads/support: tables of large blocks and their pins, and the tally. */
#include "workload_stage.h"

#include "../../workloads/support/pinned.h"

/* A step that finds something wrong says what. */
#define DEMAND(condition)                                                     \
    do {                                                                      \
        if (!(condition)) {                                                   \
            return run_fail(run, "not so: %s", #condition);                   \
        }                                                                     \
    } while (0)

enum { PLACES = 3 };

static struct blocks blocks;
static struct tally tally;

static enum status prepare(struct run *run)
{
    return blocks_prepare(run, &blocks, PLACES);
}

static bool is_written(const struct block *block, size_t from, size_t size)
{
    const unsigned char *bytes = block->start;
    for (size_t i = from; i < size; i++) {
        if (bytes[i] == 0) {
            return false;
        }
    }
    return bytes[size] == 0; /* and not beyond: slots begin as zeroes */
}

static bool tally_is(uint64_t operations, uint64_t live_blocks,
                     uint64_t live_bytes)
{
    return tally.operations == operations &&
           tally.live_blocks == live_blocks && tally.live_bytes == live_bytes;
}

static enum status drains(struct run *run, const struct allocator_calls *heap)
{
    blocks_release(run, heap, &blocks, &tally);
    DEMAND(tally.live_blocks == 0 && tally.live_bytes == 0);
    tally_end_phase(run, &tally, "drain");
    return STATUS_OK;
}

/* Plays a build that uses the table under the kind `account`, which checks
 * what the tally says at its end. */
static void play(struct stage *stage, workload_step *build, unsigned offered)
{
    stage_kind(stage, "account", NULL);
    stage->slots.offered = offered;
    stage->workload.prepare = prepare;
    stage->workload.build = build;
    stage->workload.drain = drains;
    stage->workload.rest = NULL;
    (void)stage_play_ok(stage);
}

static enum status fills(struct run *run)
{
    tally_end_phase(run, &tally, "fill");
    DEMAND(tally.operations == 0);
    return STATUS_OK;
}

/* In this order no slot is given twice but to a larger block. */
static enum status writes_what_it_makes(struct run *run,
                                        const struct allocator_calls *heap)
{
    struct block *block = &blocks.places[2];
    DEMAND(block_make_aligned(run, heap, block, 64, 200, &tally) == STATUS_OK);
    DEMAND(block->size == 200 && is_written(block, 0, 200));
    block = &blocks.places[1];
    DEMAND(block_make(run, heap, block, 100, &tally) == STATUS_OK);
    DEMAND(block->size == 100 && is_written(block, 0, 100));
    DEMAND(block_resize(run, heap, block, 300, &tally) == STATUS_OK);
    DEMAND(block->size == 300 && is_written(block, 0, 300));
    DEMAND(block_move(run, heap, block, 500, &tally) == STATUS_OK);
    DEMAND(block->size == 500 && is_written(block, 0, 500));
    return fills(run);
}

static void every_byte_of_a_block_is_written_and_none_behind_it(void **state)
{
    struct stage *stage = *state;
    play(stage, writes_what_it_makes, CAN_RESIZE | CAN_ALIGNED);
    /* The kind `account` fills new blocks itself: without it. */
    stage_kind(stage, "timing", NULL);
    (void)stage_play_ok(stage);
}

static enum status counts_its_calls(struct run *run,
                                    const struct allocator_calls *heap)
{
    struct block *const places = blocks.places;
    DEMAND(block_make(run, heap, &places[0], 100, &tally) == STATUS_OK);
    DEMAND(tally_is(1, 1, 100));
    DEMAND(block_resize(run, heap, &places[0], 300, &tally) == STATUS_OK);
    DEMAND(tally_is(2, 1, 300));
    DEMAND(block_move(run, heap, &places[0], 500, &tally) == STATUS_OK);
    DEMAND(tally_is(4, 1, 500));
    DEMAND(block_keep(run, heap, &places[2], 50, &tally) == STATUS_OK);
    DEMAND(tally_is(5, 2, 550));
    DEMAND(block_keep(run, heap, &places[2], 50, &tally) == STATUS_OK);
    DEMAND(tally_is(5, 2, 550)); /* it was live */
    block_release(heap, &places[0], &tally);
    DEMAND(tally_is(6, 1, 50) && !places[0].start);
    return fills(run);
}

static void every_call_is_counted_once(void **state)
{
    play(*state, counts_its_calls, CAN_RESIZE);
}

static void see(void *context, const void *block, size_t size)
{
    (void)block;
    *(size_t *)context += 1000000 + size;
}

static enum status shows_what_is_live(struct run *run,
                                      const struct allocator_calls *heap)
{
    size_t seen = 0;
    blocks_each_live(&blocks, see, &seen);
    DEMAND(seen == 0);
    for (size_t i = 0; i < PLACES; i++) {
        DEMAND(block_make(run, heap, &blocks.places[i], i + 1, &tally) ==
               STATUS_OK);
    }
    block_release(heap, &blocks.places[1], &tally);
    blocks_each_live(&blocks, see, &seen);
    DEMAND(seen == 2000000 + 1 + 3);
    return fills(run);
}

static void only_live_blocks_are_seen(void **state)
{
    play(*state, shows_what_is_live, 0);
}

static enum status asks_for_much(struct run *run,
                                 const struct allocator_calls *heap)
{
    return block_make(run, heap, &blocks.places[0], 12345, &tally);
}

static void an_allocator_without_memory_is_told_of(void **state)
{
    struct stage *stage = *state;
    stage->slots.null_at = 1;
    stage->workload.prepare = prepare;
    stage->workload.build = asks_for_much;
    stage_play_fails(stage, STATUS_FAILED,
                     "out of memory: 12345 bytes asked for");
}

/* ---- pins ------------------------------------------------------------------
 */

static struct pinned pinned;

static enum status prepares_pinned(struct run *run)
{
    return pinned_prepare(run, &pinned, 2, 1000, 2);
}

static enum status builds_pinned(struct run *run,
                                 const struct allocator_calls *heap)
{
    DEMAND(pinned_first(run, &pinned, heap, 5000) == STATUS_OK);
    DEMAND(pinned_make_all(run, &pinned, heap) == STATUS_OK);
    tally_end_phase(run, &pinned.tally, "fill");
    return STATUS_OK;
}

static void play_pinned(struct stage *stage)
{
    stage->order.after = "tick";
    stage_set_setting(&stage->chosen_workload.store, "start", "cold");
    stage->chosen_workload.store.items[1] = (struct setting){"pin", "10"};
    stage->chosen_workload.store.settings.count = 2;
    stage->workload.prepare = prepares_pinned;
    stage->workload.request_bytes = pinned_block_bytes;
    stage->workload.build = builds_pinned;
    stage->workload.drain = pinned_drain;
    stage->workload.rest = pinned_rest;
    stage->workload.each_live = pinned_each_live;
    (void)stage_play_ok(stage);
}

static void pins_outlive_the_drain_and_are_made_once(void **state)
{
    struct stage *stage = *state;
    play_pinned(stage);
    assert_sample(&stage->report, "first_released", 2, 0, 0);
    assert_sample(&stage->report, "fill", 4, 4, 2020);
    assert_sample(&stage->report, "drain", 2, 2, 20);
    assert_sample(&stage->report, "refill", 2 + 2, 4, 2020);
    assert_sample(&stage->report, "rest", 2 + 2, 0, 0);
}

static void blocks_and_pins_are_made_in_turn(void **state)
{
    static const uint64_t sizes[] = {5000, 1000, 10, 1000, 10};
    struct stage *stage = *state;
    play_pinned(stage);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        assert_int_equal(stage->slots.sizes[i], sizes[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        stage_test(every_byte_of_a_block_is_written_and_none_behind_it),
        stage_test(every_call_is_counted_once),
        stage_test(only_live_blocks_are_seen),
        stage_test(an_allocator_without_memory_is_told_of),
        stage_test(pins_outlive_the_drain_and_are_made_once),
        stage_test(blocks_and_pins_are_made_in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
