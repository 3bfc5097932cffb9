/* What becomes of free memory where an option says so: arenas that are kept,
 * pools that are purged. */
#include "pymalloc_filled.h"
#include "pymalloc_stream.h"

#include <time.h>

#define HOUR_NS      ((uint64_t)3600 * 1000000000U)
#define STREAM_CALLS 150000

/* Presets of both ways to keep the order of arenas, of both sizes of pool. */
static const char *const both[] = {"2.7", "3.10", NULL};

static const enum pymalloc_arena_order orders[] = {
    PYMALLOC_ORDER_FEWEST_FREE, PYMALLOC_ORDER_LIFO, PYMALLOC_ORDER_MOST_FREE};

/* ---- what is refused ---------------------------------------------------- */

static void *take_nothing(void *context, size_t size)
{
    (void)context;
    (void)size;
    return NULL;
}

static void give_nothing(void *context, void *arena, size_t size)
{
    (void)context;
    (void)arena;
    (void)size;
}

static const struct pymalloc_provider no_purge = {.take = take_nothing,
                                                  .give = give_nothing};

static const struct {
    struct pymalloc_options options;
    const char *reason;
} refused[] = {
    {{.release = PYMALLOC_RELEASE_KEEP_K}, "go together"},
    {{.keep_arenas = 1}, "go together"},
    {{.release = PYMALLOC_RELEASE_KEEP_ONE, .keep_arenas = 1}, "go together"},
    {{.log = &(struct pymalloc_event_log){0}}, "room for one"},
    {{.delay_ns = 1}, "release=delayed alone"},
    {{.release = PYMALLOC_RELEASE_MADVISE, .delay_ns = 1},
     "release=delayed alone"},
    {{.release = PYMALLOC_RELEASE_MADVISE, .provider = &no_purge},
     "the provider cannot"},
    {{.release = PYMALLOC_RELEASE_DELAYED, .provider = &no_purge},
     "the provider cannot"},
    {{.release = PYMALLOC_RELEASE_MADVISE, .pool_bytes = 2048},
     "smaller than a page"},
    {{.preset = "2.5",
      .release = PYMALLOC_RELEASE_DELAYED,
      .pool_bytes = 1024,
      .backing = PYMALLOC_BACKING_REGION},
     "smaller than a page"},
    {{.preset = "2.3", .release = PYMALLOC_RELEASE_KEEP_K, .keep_arenas = 2},
     "release=never is all it can"},
    {{.preset = "2.3", .release = PYMALLOC_RELEASE_MADVISE},
     "release=never is all it can"},
    {{.preset = "2.3", .release = PYMALLOC_RELEASE_DELAYED},
     "release=never is all it can"},
};

static void a_release_that_cannot_be_is_refused_with_the_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        assert_refused(&refused[i].options, refused[i].reason);
    }
}

/* An order of its own makes 2.3 know its empty arenas. */
static void an_order_lets_2_3_release(void **state)
{
    (void)state;
    struct filled filled;
    fill_heap_of(
        &filled,
        &(struct pymalloc_options){.preset = "2.3",
                                   .order = PYMALLOC_ORDER_FEWEST_FREE,
                                   .release = PYMALLOC_RELEASE_EMPTY},
        3);
    free_pools(&filled, 1, 0, filled.pools);
    assert_int_equal(filled.fixture.taken_count, 2);
    assert_int_equal(filled.fixture.last_given, 1);
    end(&filled);
}

/* ---- arenas that are kept ----------------------------------------------- */

#define ARENAS 6

static void fill_keeping(struct filled *filled, const char *preset,
                         enum pymalloc_arena_order order, size_t keep_arenas)
{
    fill_heap_of(filled,
                 &(struct pymalloc_options){.preset = preset,
                                            .order = order,
                                            .release = PYMALLOC_RELEASE_KEEP_K,
                                            .keep_arenas = keep_arenas},
                 ARENAS);
}

static void assert_keeps(const char *preset, enum pymalloc_arena_order order,
                         size_t keep_arenas)
{
    struct filled filled;
    fill_keeping(&filled, preset, order, keep_arenas);
    for (size_t emptied = 1; emptied <= ARENAS; emptied++) {
        free_pools(&filled, emptied - 1, 0, filled.pools);
        const size_t given = emptied > keep_arenas ? emptied - keep_arenas : 0;
        assert_int_equal(filled.fixture.taken_count, ARENAS - given);
    }
    /* What is kept serves before a new arena is asked for. */
    for (size_t i = 0; i < keep_arenas * filled.pools; i++) {
        assert_int_not_equal(open_pool(&filled), OUTSIDE);
        assert_int_equal(filled.fixture.take_calls, ARENAS);
    }
    (void)open_pool(&filled);
    assert_int_equal(filled.fixture.take_calls, ARENAS + 1);
    const struct pymalloc_statistics statistics = heap_statistics(filled.heap);
    assert_int_equal(statistics.arenas_current, keep_arenas + 1);
    assert_int_equal(statistics.arenas_reclaimed, ARENAS - keep_arenas);
    assert_bytes_add_up(&statistics);
    end(&filled);
}

static void keep_k_keeps_so_many_free_arenas(void **state)
{
    (void)state;
    for (size_t i = 0; both[i] != NULL; i++) {
        for (size_t j = 0; j < 3; j++) {
            for (size_t keep_arenas = 1; keep_arenas <= 4; keep_arenas++) {
                assert_keeps(both[i], orders[j], keep_arenas);
            }
        }
    }
}

/* keep-one asks whether the arena stands last, keep-k counts. */
static void keep_one_of_the_order_is_not_keep_1(void **state)
{
    (void)state;
    static const struct {
        enum pymalloc_release release;
        size_t keep_arenas, kept;
    } rows[] = {
        {PYMALLOC_RELEASE_KEEP_ONE, 0, 1},
        {PYMALLOC_RELEASE_KEEP_K, 1, 2},
    };
    for (size_t i = 0; i < 2; i++) {
        struct filled filled;
        fill_heap_of(
            &filled,
            &(struct pymalloc_options){.release = rows[i].release,
                                       .keep_arenas = rows[i].keep_arenas},
            2);
        free_pools(&filled, 1, 0, filled.pools - 1); /* it stands last */
        free_pools(&filled, 0, 0, filled.pools);
        assert_int_equal(filled.fixture.taken_count, rows[i].kept);
        end(&filled);
    }
}

/* Where empty arenas do not stand last, keep-one counts. */
static void keep_one_is_keep_1_in_the_other_orders(void **state)
{
    (void)state;
    for (size_t i = 1; i < 3; i++) {
        const struct pymalloc_options keep_one = {
            .order = orders[i], .release = PYMALLOC_RELEASE_KEEP_ONE};
        const struct pymalloc_options keep_1 = {.order = orders[i],
                                                .release =
                                                    PYMALLOC_RELEASE_KEEP_K,
                                                .keep_arenas = 1};
        const struct stream_answer one =
            stream_answer(&keep_one, 0, i, STREAM_CALLS);
        const struct stream_answer other =
            stream_answer(&keep_1, 0, i, STREAM_CALLS);
        assert_int_equal(one.places, other.places);
        assert_int_equal(one.statistics, other.statistics);
    }
}

/* ---- pools that are purged ---------------------------------------------- */

static void fill_purging(struct filled *filled, const char *preset,
                         enum pymalloc_release release, uint64_t delay_ns)
{
    fill_heap_of(filled,
                 &(struct pymalloc_options){.preset = preset,
                                            .release = release,
                                            .delay_ns = delay_ns},
                 3);
}

/* Frees a pool block by block: it is purged at the last. */
static void assert_purged_at_its_last_block(struct filled *filled,
                                            size_t arena, size_t pool)
{
    const size_t purges = filled->fixture.purge_calls;
    for (size_t i = 0; i < filled->blocks; i++) {
        assert_int_equal(filled->fixture.purge_calls, purges);
        heap_free(filled->heap,
                  block_of(filled, arena, pool, filled->blocks - 1 - i));
    }
    assert_int_equal(filled->fixture.purge_calls, purges + 1);
    assert_ptr_equal(filled->fixture.last_purged,
                     block_of(filled, arena, pool, 0) - HEADER_BYTES);
}

static void a_pool_is_purged_at_its_last_block(void **state)
{
    (void)state;
    static const enum pymalloc_release releases[] = {PYMALLOC_RELEASE_MADVISE,
                                                     PYMALLOC_RELEASE_DELAYED};
    for (size_t i = 0; both[i] != NULL; i++) {
        for (size_t j = 0; j < 2; j++) {
            struct filled filled;
            fill_purging(&filled, both[i], releases[j], 0);
            assert_purged_at_its_last_block(&filled, 1, 5);
            assert_purged_at_its_last_block(&filled, 1, 3);
            assert_purged_at_its_last_block(&filled, 0, 7);
            const struct pymalloc_statistics statistics =
                heap_statistics(filled.heap);
            assert_int_equal(statistics.pools_purged, 3);
            assert_int_equal(statistics.bytes_unused_pools,
                             3 * filled.preset->pool_bytes);
            assert_int_equal(statistics.arenas_reclaimed, 0);
            assert_bytes_add_up(&statistics);
            end(&filled);
        }
    }
}

/* Its header and its free list went: it is opened in order of address. */
static void assert_opened_anew(const struct filled *filled, size_t arena,
                               size_t pool)
{
    for (size_t i = 0; i < filled->blocks; i++) {
        assert_ptr_equal(heap_malloc(filled->heap, FILL_BYTES),
                         block_of(filled, arena, pool, i));
    }
}

static void a_purged_pool_is_carved_anew_lowest_first(void **state)
{
    (void)state;
    for (size_t i = 0; both[i] != NULL; i++) {
        for (int keeps = 0; keeps < 2; keeps++) {
            struct filled filled;
            fill_purging(&filled, both[i], PYMALLOC_RELEASE_MADVISE, 0);
            filled.fixture.purge_keeps = keeps;
            static const size_t pools[] = {5, 3, 9};
            for (size_t j = 0; j < 3; j++) {
                assert_purged_at_its_last_block(&filled, 1, pools[j]);
            }
            assert_opened_anew(&filled, 1, 3);
            assert_opened_anew(&filled, 1, 5);
            assert_purged_at_its_last_block(&filled, 1, 5);
            assert_opened_anew(&filled, 1, 5);
            assert_opened_anew(&filled, 1, 9);
            assert_int_equal(open_pool(&filled), 3); /* a new arena */
            end(&filled);
        }
    }
}

/* Purged pools come before those that were never carved. */
static void a_purged_pool_serves_before_a_new_one(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, 0);
    struct pymalloc *heap = fixture_heap_of(
        &fixture,
        &(struct pymalloc_options){.release = PYMALLOC_RELEASE_MADVISE});
    void *first = heap_malloc(heap, 64);
    void *second = heap_malloc(heap, 128);
    heap_free(heap, second);
    heap_free(heap, first);
    assert_int_equal(fixture.purge_calls, 2);
    assert_ptr_equal(heap_malloc(heap, 256), first);
    assert_ptr_equal(heap_malloc(heap, 32), second);
    assert_int_equal(fixture_offset(&fixture, heap_malloc(heap, 48)),
                     2 * 16384 + HEADER_BYTES);
    fixture_end(&fixture, heap);
}

/* The stream's blocks would lose their contents, were a pool with a live one
 * purged; whether purged pages read as zeros or as they were decides nothing;
 * more than 16 arenas make the account of purged pools grow. */
static void assert_purging_stream(const struct pymalloc_options *options,
                                  size_t offset_bytes)
{
    struct stream_answer answers[2];
    for (int keeps = 0; keeps < 2; keeps++) {
        struct fixture fixture;
        fixture_open(&fixture, offset_bytes);
        fixture.purge_keeps = keeps;
        struct pymalloc *heap = fixture_heap_of(&fixture, options);
        struct stream stream;
        stream_open(&stream, &fixture, heap, 11);
        stream_run(&stream, STREAM_CALLS);
        stream_close(&stream);
        const struct pymalloc_statistics statistics = heap_statistics(heap);
        assert_int_equal(statistics.pools_purged, fixture.purge_calls);
        assert_true(fixture.purge_calls > 1000);
        assert_int_equal(statistics.arenas_reclaimed, 0);
        answers[keeps] = (struct stream_answer){fixture.signature,
                                                stream.statistics_signature};
        fixture_end(&fixture, heap);
    }
    assert_int_equal(answers[0].places, answers[1].places);
    assert_int_equal(answers[0].statistics, answers[1].statistics);
}

static void no_live_block_is_purged(void **state)
{
    (void)state;
    static const size_t offsets[] = {0, 4112};
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        for (size_t j = 0; j < 3; j++) {
            const struct pymalloc_options options = {
                .preset = pymalloc_preset(i)->name,
                .order = orders[j],
                .release = PYMALLOC_RELEASE_MADVISE};
            assert_purging_stream(&options, offsets[j % 2]);
        }
    }
}

/* ---- delays ------------------------------------------------------------- */

static void assert_same_answers(const struct pymalloc_options *one,
                                const struct pymalloc_options *other)
{
    const struct stream_answer first = stream_answer(one, 0, 3, STREAM_CALLS);
    const struct stream_answer second =
        stream_answer(other, 0, 3, STREAM_CALLS);
    assert_int_equal(first.places, second.places);
    assert_int_equal(first.statistics, second.statistics);
}

static void a_delay_of_0_is_madvise_and_a_long_one_never(void **state)
{
    (void)state;
    for (size_t i = 0; both[i] != NULL; i++) {
        for (size_t j = 0; j < 3; j++) {
            const struct pymalloc_options madvise = {
                .preset = both[i],
                .order = orders[j],
                .release = PYMALLOC_RELEASE_MADVISE};
            struct pymalloc_options never = madvise;
            never.release = PYMALLOC_RELEASE_NEVER;
            struct pymalloc_options delayed = madvise;
            delayed.release = PYMALLOC_RELEASE_DELAYED;
            assert_same_answers(&delayed, &madvise);
            delayed.delay_ns = HOUR_NS;
            assert_same_answers(&delayed, &never);
        }
    }
}

#define DELAY_NS 500000000U /* longer than a loaded machine stands still */

static uint64_t now_ns(void)
{
    struct timespec now;
    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static void wait_until(uint64_t time_ns)
{
    while (now_ns() < time_ns) {
        (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

/* So many were purged, unless the delay of the next ones is over too: then the
 * machine stood still and the clock says nothing. */
static void assert_purged(const struct filled *filled, size_t purges,
                          uint64_t next_freed_ns)
{
    const size_t found = filled->fixture.purge_calls;
    if (now_ns() - next_freed_ns < DELAY_NS) {
        assert_int_equal(found, purges);
    }
}

static void a_pool_is_purged_when_it_was_free_for_the_delay(void **state)
{
    (void)state;
    struct filled filled;
    fill_purging(&filled, "3.10", PYMALLOC_RELEASE_DELAYED, DELAY_NS);
    const uint64_t first_ns = now_ns();
    free_pools(&filled, 0, 0, 4);
    const uint64_t all_ns = now_ns();
    assert_purged(&filled, 0, first_ns);

    wait_until(first_ns + DELAY_NS / 2);
    const uint64_t second_ns = now_ns();
    free_pools(&filled, 2, 8, 2); /* looks at the others, too */
    assert_purged(&filled, 0, first_ns);
    /* What is needed meanwhile is the one freed last, with its free list. */
    assert_ptr_equal(heap_malloc(filled.heap, FILL_BYTES),
                     block_of(&filled, 2, 9, filled.blocks - 1));
    assert_purged(&filled, 0, first_ns);

    wait_until(all_ns + DELAY_NS);
    const size_t before = filled.fixture.purge_calls;
    for (int i = 0; i < 100; i++) { /* no pool empties or is needed */
        heap_free(filled.heap, heap_malloc(filled.heap, FILL_BYTES));
    }
    assert_int_equal(filled.fixture.purge_calls, before);
    (void)heap_malloc(filled.heap, OTHER_BYTES); /* needs one */
    assert_purged(&filled, 4, second_ns);
    assert_true(filled.fixture.purge_calls >= 4);
    end(&filled);
}

/* ---- the system's memory ------------------------------------------------ */

/* What a system provider purges reads as zeros. */
static void purged_pages_of_the_system_are_given_up(void **state)
{
    (void)state;
    static const enum pymalloc_backing backings[] = {
        PYMALLOC_BACKING_MMAP, PYMALLOC_BACKING_MALLOC,
        PYMALLOC_BACKING_REGION, PYMALLOC_BACKING_HUGE};
    for (size_t i = 0; i < 4; i++) {
        char reason[256] = "";
        struct pymalloc *heap = pymalloc_create(
            &(struct pymalloc_options){.backing = backings[i],
                                       .release = PYMALLOC_RELEASE_MADVISE},
            reason, sizeof reason);
        assert_non_null(heap);
        unsigned char *keeper = heap_malloc(heap, 64);
        memset(keeper, 0x77, 64);
        unsigned char *block = heap_malloc(heap, 512);
        memset(block, 0xff, 512);
        heap_free(heap, block);
        assert_ptr_equal(heap_malloc(heap, 512), block);
        for (size_t j = 0; j < 512; j++) {
            assert_int_equal(block[j], 0);
        }
        assert_int_equal(keeper[63], 0x77);
        assert_int_equal(heap_statistics(heap).pools_purged, 1);
        pymalloc_destroy(heap);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_release_that_cannot_be_is_refused_with_the_reason),
        cmocka_unit_test(an_order_lets_2_3_release),
        cmocka_unit_test(keep_k_keeps_so_many_free_arenas),
        cmocka_unit_test(keep_one_of_the_order_is_not_keep_1),
        cmocka_unit_test(keep_one_is_keep_1_in_the_other_orders),
        cmocka_unit_test(a_pool_is_purged_at_its_last_block),
        cmocka_unit_test(a_purged_pool_is_carved_anew_lowest_first),
        cmocka_unit_test(a_purged_pool_serves_before_a_new_one),
        cmocka_unit_test(no_live_block_is_purged),
        cmocka_unit_test(a_delay_of_0_is_madvise_and_a_long_one_never),
        cmocka_unit_test(a_pool_is_purged_when_it_was_free_for_the_delay),
        cmocka_unit_test(purged_pages_of_the_system_are_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
