/* The requests of workloads, counted by hand on a small scale: the kind
 * `account` checks every tally besides. */
#include "workload_stage.h"

#include "../../workloads/support/objects.h"

static int open_account(void **state)
{
    const int error = stage_open(state);
    stage_kind(*state, "account", NULL);
    return error;
}

#define account_test(function)                                                \
    cmocka_unit_test_setup_teardown(function, open_account, stage_close)

/* The sizes that were asked for from the `skip`-th on; ends in 0. */
static void assert_sizes(const struct stage *stage, size_t skip,
                         const uint64_t *expected)
{
    for (size_t i = 0; expected[i]; i++) {
        assert_int_equal(stage->slots.sizes[skip + i], expected[i]);
    }
}

#define SIZES(...) ((const uint64_t[]){__VA_ARGS__, 0})

/* ---- blocks and pins -------------------------------------------------------
 */

static void top_pin_makes_the_pin_last(void **state)
{
    struct stage *stage = *state;
    stage_workload(stage, "top_pin",
                   SETTINGS({"live", "3000"}, {"size", "1000"}));
    const struct report *report = stage_play_ok(stage);
    assert_sizes(stage, 0, SIZES(1000, 1000, 1000, 64));
    assert_sample(report, "fill", 4, 4, 3064);
    assert_sample(report, "drain", 3, 1, 64);
    assert_sample(report, "rest", 1, 0, 0);
}

static void interleave_makes_blocks_and_pins_in_turn(void **state)
{
    struct stage *stage = *state;
    stage_workload(
        stage, "interleave",
        SETTINGS({"live", "2000"}, {"size", "1000"}, {"first", "5000"}));
    const struct report *report = stage_play_ok(stage);
    assert_sizes(stage, 0, SIZES(5000, 1000, 512, 1000, 512));
    assert_sample(report, "first_released", 2, 0, 0);
    assert_sample(report, "fill", 4, 4, 3024);
    assert_sample(report, "drain", 2, 2, 1024);
}

static void without_a_first_block_there_is_no_such_phase(void **state)
{
    struct stage *stage = *state;
    stage_workload(
        stage, "interleave",
        SETTINGS({"live", "2000"}, {"size", "1000"}, {"first", "0"}));
    assert_phases(stage_play_ok(stage), PHASES("fill", "drain", "rest"));
    assert_sizes(stage, 0, SIZES(1000, 512));
}

static void mmap_threshold_replaces_after_a_first_block(void **state)
{
    struct stage *stage = *state;
    stage_workload(
        stage, "mmap_threshold",
        SETTINGS({"live", "2000"}, {"slots", "2"}, {"replacements", "3"}));
    const struct report *report = stage_play_ok(stage);
    /* The first block's preset is larger than all others together. */
    assert_sizes(stage, 0, SIZES(2000, 1000, 100, 1000, 100, 1000));
    assert_sample(report, "fill", 4 + 2 * 3, 4, 2200);
    assert_sample(report, "drain", 2, 2, 200);
}

static void less_than_one_block_is_refused(void **state)
{
    static const char *const names[] = {"top_pin", "arena_scaling",
                                        "two_allocators"};
    struct stage *stage = *state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        stage_workload(stage, names[i], SETTINGS({"live", "100"}));
        stage_play_fails(stage, STATUS_FAILED, "less than one");
    }
}

static void aligned_interleave_leaves_a_pin_at_every_step(void **state)
{
    struct stage *stage = *state;
    stage->slots.offered = CAN_ALIGNED;
    stage_workload(stage, "aligned_interleave",
                   SETTINGS({"live", "2048"}, {"ring", "2"}, {"steps", "5"}));
    const struct report *report = stage_play_ok(stage);
    assert_sizes(stage, 0, SIZES(1024, 25, 1024, 25, 1024));
    /* Five of each are made, three go. */
    assert_sample(report, "fill", 5 + 5 + 3, 2 + 5, 2048 + 125);
    assert_sample(report, "drain", 2, 5, 125);
}

static void realloc_growth_grows_by_half_up_to_its_share(void **state)
{
    const struct setting *settings =
        SETTINGS({"live", "2048"}, {"vectors", "2"}, {"first", "100"});
    struct stage *stage = *state;
    stage->slots.offered = CAN_RESIZE;
    stage_workload(stage, "realloc_growth", settings);
    const struct report *report = stage_play_ok(stage);
    assert_sizes(stage, 0,
                 SIZES(100, 100, 150, 64, 150, 64, 225, 64, 225, 64, 337, 64,
                       337, 64, 505, 64, 505, 64, 757, 64, 757, 64, 1024, 64,
                       1024, 64));
    assert_sample(report, "fill", 2 + 12 + 12, 2 + 12, 2048 + 768);
    assert_sample(report, "drain", 2, 12, 768);
}

static void a_move_is_a_block_more_and_a_release(void **state)
{
    struct stage *stage = *state;
    stage->slots.offered = CAN_RESIZE;
    stage_workload(stage, "realloc_growth",
                   SETTINGS({"live", "2048"}, {"vectors", "2"},
                            {"first", "100"}, {"by", "move"}));
    assert_sample(stage_play_ok(stage), "fill", 2 + 2 * 12 + 12, 14,
                  2048 + 768);
}

/* ---- large_churn -----------------------------------------------------------
 */

enum { CHURN_SLOTS = 4, CHURN_REPLACEMENTS = 8 };

static void play_churn(struct stage *stage, uint64_t seed)
{
    stage->slots.allocations = 0;
    memset(&stage->report, 0, sizeof stage->report);
    stage->order.seed = seed;
    stage_workload(
        stage, "large_churn",
        SETTINGS({"live", "6000"}, {"slots", "4"}, {"replacements", "8"}));
    (void)stage_play_ok(stage);
}

static void churn_ends_with_the_same_bytes_whatever_the_seed(void **state)
{
    struct stage *stage = *state;
    /* The mean is 1,500, the range 501 to 2,501: two pairs of 3,002. */
    for (uint64_t seed = 1; seed <= 5; seed++) {
        play_churn(stage, seed);
        assert_sample(&stage->report, "made", 4, 4, 6004);
        assert_sample(&stage->report, "fill", 16, 4, 6004);
    }
}

static int compare(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void every_round_of_churn_has_a_size_from_each_part(void **state)
{
    struct stage *stage = *state;
    play_churn(stage, 3);
    uint64_t *sizes = stage->slots.sizes;
    for (size_t first = 0; first < CHURN_SLOTS + CHURN_REPLACEMENTS;
         first += CHURN_SLOTS) {
        qsort(sizes + first, CHURN_SLOTS, sizeof *sizes, compare);
        for (size_t i = 0; i < CHURN_SLOTS; i++) {
            assert_in_range(sizes[first + i], 501 + i * 500,
                            501 + (i + 1) * 500);
        }
    }
}

static void another_seed_churns_other_sizes(void **state)
{
    struct stage *stage = *state;
    play_churn(stage, 1);
    const uint64_t first = stage->slots.sizes[0];
    const uint64_t hash = stage->report.request_hash;
    play_churn(stage, 2);
    assert_int_not_equal(stage->slots.sizes[0], first);
    assert_int_not_equal(stage->report.request_hash, hash);
    play_churn(stage, 1);
    assert_int_equal(stage->report.request_hash, hash);
}

/* ---- small objects ---------------------------------------------------------
 */

static void arena_thrash_makes_one_more_again_and_again(void **state)
{
    struct stage *stage = *state;
    stage_workload(stage, "arena_thrash",
                   SETTINGS({"objects", "5"}, {"replacements", "4097"}));
    const struct report *report = stage_play_ok(stage);
    assert_sample(report, "fill", 5, 5, 1280);
    assert_sample(report, "thrash", 8194, 5, 1280);
    assert_sample(report, "drain", 5, 0, 0);
    assert_int_equal(stage->slots.allocations, 5 + 4097);
}

static void arena_scaling_counts_in_bytes(void **state)
{
    struct stage *stage = *state;
    stage_workload(stage, "arena_scaling", SETTINGS({"live", "2600"}));
    const struct report *report = stage_play_ok(stage);
    assert_sample(report, "fill", 10, 10, 2560);
    assert_sample(report, "drain", 10, 0, 0);
}

/* 32 blocks; halved, and 8 of twice the size; halved, and 4; halved, and 2. */
static void robson_halves_what_lives_and_doubles_the_size(void **state)
{
    struct stage *stage = *state;
    stage_workload(stage, "robson",
                   SETTINGS({"live", "1024"}, {"steps", "3"}));
    const struct report *report = stage_play_ok(stage);
    assert_sizes(stage, 30, SIZES(24, 24, 56));
    assert_sizes(stage, 39, SIZES(56, 120, 120, 120, 120, 248, 248));
    assert_int_equal(stage->slots.allocations, 32 + 8 + 4 + 2);
    assert_sample(report, "fill", 46 + (16 + 8 + 4) + (4 + 2) + 2,
                  4 + 2 + 2 + 2, 1024 - 80);
    assert_sample(report, "drain", 10, 0, 0);
}

/* A block without a neighbour stays, and still no more than `live` lives. */
static void robson_copes_with_odd_numbers(void **state)
{
    struct stage *stage = *state;
    stage_workload(stage, "robson",
                   SETTINGS({"live", "352"}, {"steps", "2"}, {"header", "0"}));
    /* 11 of 32; 6 remain, 2 of 64; 3 and 1 remain, 1 of 128. */
    assert_sample(stage_play_ok(stage), "fill", 11 + (5 + 2) + (3 + 1 + 1),
                  3 + 1 + 1, 96 + 64 + 128);
}

/* ---- two_allocators --------------------------------------------------------
 */

static void put_two_allocators(struct stage *stage, const char *stranded)
{
    stage_workload(
        stage, "two_allocators",
        SETTINGS({"live", "5120"}, {"keep", "5"}, {"stranded", stranded}));
}

static void blocks_of_both_allocators_count_together(void **state)
{
    static const char *const places[] = {"malloc", "backend"};
    struct stage *stage = *state;
    for (size_t i = 0; i < 2; i++) {
        put_two_allocators(stage, places[i]);
        memset(&stage->report, 0, sizeof stage->report);
        const struct report *report = stage_play_ok(stage);
        assert_sample(report, "first_peak", 10, 10, 5120);
        assert_sample(report, "stranded", 8, 2, 1024);
        assert_sample(report, "fill", 10, 12, 6144);
        assert_sample(report, "drain", 10, 2, 1024);
        assert_sample(report, "rest", 2, 0, 0);
    }
}

static size_t backend_requests(struct stage *stage, const char *stranded)
{
    stage_kind(stage, "memory", "tick");
    stage->order.settle_ns = 10 * STAGE_MS; /* ten requests, none of 512 */
    stage->slots.allocations = 0;
    memset(&stage->report, 0, sizeof stage->report);
    put_two_allocators(stage, stranded);
    assert_sample(stage_play_ok(stage), "refill", 10, 12, 6144);
    size_t count = 0;
    for (size_t i = 0; i < stage->slots.allocations; i++) {
        count += stage->slots.sizes[i] == 512;
    }
    return count;
}

/* The second peak is made again by a refill, the first is not. */
static void the_first_peak_is_where_it_was_asked_for(void **state)
{
    assert_int_equal(backend_requests(*state, "malloc"), 20);
    assert_int_equal(backend_requests(*state, "backend"), 10);
}

/* ---- support/objects.c -----------------------------------------------------
 */

static void every_keep_th_slot_moves_to_the_end(void **state)
{
    static char objects[8];
    static const size_t expected[] = {0, 1, 3, 4, 6, 7, 2, 5};
    void *table[8], *room[3];
    (void)state;
    for (size_t i = 0; i < 8; i++) {
        table[i] = &objects[i];
    }
    assert_int_equal(slots_part(table, 8, 3, room), 2);
    for (size_t i = 0; i < 8; i++) {
        assert_ptr_equal(table[i], &objects[expected[i]]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        account_test(top_pin_makes_the_pin_last),
        account_test(interleave_makes_blocks_and_pins_in_turn),
        account_test(without_a_first_block_there_is_no_such_phase),
        account_test(mmap_threshold_replaces_after_a_first_block),
        account_test(less_than_one_block_is_refused),
        account_test(aligned_interleave_leaves_a_pin_at_every_step),
        account_test(realloc_growth_grows_by_half_up_to_its_share),
        account_test(a_move_is_a_block_more_and_a_release),
        account_test(churn_ends_with_the_same_bytes_whatever_the_seed),
        account_test(every_round_of_churn_has_a_size_from_each_part),
        account_test(another_seed_churns_other_sizes),
        account_test(arena_thrash_makes_one_more_again_and_again),
        account_test(arena_scaling_counts_in_bytes),
        account_test(robson_halves_what_lives_and_doubles_the_size),
        account_test(robson_copes_with_odd_numbers),
        account_test(blocks_of_both_allocators_count_together),
        account_test(the_first_peak_is_where_it_was_asked_for),
        cmocka_unit_test(every_keep_th_slot_moves_to_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
