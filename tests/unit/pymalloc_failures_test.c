/* Arenas and raw memory that fail at every k-th request, in every preset,
 * order and release: nothing is lost, the account adds up, nothing leaks. */
#include "pymalloc_stream.h"

#define CALLS 4000

static struct pymalloc *open_failing(struct fixture *fixture,
                                     const struct pymalloc_options *options,
                                     size_t refuse_every,
                                     size_t raw_fail_every)
{
    fixture_open(fixture, 16);
    struct pymalloc *heap = fixture_heap_of(fixture, options);
    fixture->refuse_every = refuse_every;
    fixture->raw_fail_every = raw_fail_every;
    return heap;
}

/* The stream checks the contents of what it got, and that the account adds
 * up; once nothing fails any more the instance serves as any other. */
static void assert_nothing_is_lost(const struct pymalloc_options *options,
                                   size_t refuse_every, size_t raw_fail_every)
{
    struct fixture fixture;
    struct pymalloc *heap =
        open_failing(&fixture, options, refuse_every, raw_fail_every);
    struct stream stream;
    stream_open(&stream, &fixture, heap, 31);
    stream.least_blocks = 80; /* every phase within so few calls */
    stream_run(&stream, CALLS);
    assert_int_equal(stream.null_count > 0, raw_fail_every > 0);

    fixture.refuse_every = fixture.raw_fail_every = 0;
    stream.null_count = 0;
    const size_t taken = fixture.taken_count;
    stream_run(&stream, stream.call_count + CALLS);
    assert_int_equal(stream.null_count, 0);
    assert_true(fixture.taken_count > 0 || taken > 0 ||
                fixture.last_given != OUTSIDE);
    stream_close(&stream);
    fixture_end(&fixture, heap);
    assert_int_equal(fixture.raw_live, 0);
}

static void try_every_k(const struct pymalloc_options *options)
{
    static const size_t every[] = {1, 2, 3, 7};
    for (size_t i = 0; i < sizeof every / sizeof every[0]; i++) {
        assert_nothing_is_lost(options, every[i], 0);
        assert_nothing_is_lost(options, 0, every[i] + 1);
        assert_nothing_is_lost(options, every[i], every[i] + 1);
    }
}

static void what_fails_loses_nothing_in_any_order_or_release(void **state)
{
    (void)state;
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        const char *name = pymalloc_preset(i)->name;
        try_every_k(&(struct pymalloc_options){.preset = name});
        for (int order = PYMALLOC_ORDER_FEWEST_FREE;
             order <= PYMALLOC_ORDER_MOST_FREE; order++) {
            for (int release = PYMALLOC_RELEASE_NEVER;
                 release <= PYMALLOC_RELEASE_DELAYED; release++) {
                try_every_k(&(struct pymalloc_options){
                    .preset = name,
                    .order = (enum pymalloc_arena_order)order,
                    .release = (enum pymalloc_release)release,
                    .keep_arenas = release == PYMALLOC_RELEASE_KEEP_K ? 2 : 0,
                });
            }
        }
    }
}

/* Tiny arenas: the vector of arenas and what is known of purged pools grow
 * many times, and each time may fail. */
static void what_grows_may_fail_to(void **state)
{
    (void)state;
    for (size_t every = 2; every <= 9; every++) {
        for (int release = PYMALLOC_RELEASE_NEVER;
             release <= PYMALLOC_RELEASE_DELAYED; release++) {
            const struct pymalloc_options options = {
                .preset = every % 2 == 0 ? "2.7" : "3.10",
                .pool_bytes = 4096,
                .arena_bytes = 16384,
                .release = (enum pymalloc_release)release,
                .keep_arenas = release == PYMALLOC_RELEASE_KEEP_K ? 2 : 0};
            assert_nothing_is_lost(&options, 0, every);
            assert_nothing_is_lost(&options, every, every + 1);
        }
    }
}

/* The n-th request to raw alone fails, for every n that there is: no failure
 * is behind one that came first. */
static void each_single_failure_is_survived(void **state)
{
    (void)state;
    static const char *const presets[] = {"2.3", "2.7", "3.9", "3.10"};
    for (size_t i = 0; i < 4; i++) {
        for (size_t n = 1; n <= 12; n++) {
            const struct pymalloc_options options = {
                .preset = presets[i],
                .arena_bytes = 16384,
                .pool_bytes = 4096,
                .release = i == 3 ? PYMALLOC_RELEASE_MADVISE
                                  : PYMALLOC_RELEASE_PRESET};
            struct fixture fixture;
            struct pymalloc *heap = open_failing(&fixture, &options, 0, n);
            void *blocks[4000];
            size_t count = 0;
            for (size_t j = 0; j < 4000; j++) {
                if (fixture.raw_calls >= n) {
                    fixture.raw_fail_every = 0; /* it was this one */
                }
                void *block = heap_malloc(heap, 256);
                if (block != NULL) {
                    memset(block, (int)j, 256);
                    blocks[count++] = block;
                }
            }
            assert_true(count >= 3999);
            while (count > 0) {
                heap_free(heap, blocks[--count]);
            }
            assert_int_equal(heap_statistics(heap).raw_blocks, 0);
            assert_int_equal(heap_statistics(heap).bytes_allocated_blocks, 0);
            fixture_end(&fixture, heap);
            assert_int_equal(fixture.raw_live, 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fails_loses_nothing_in_any_order_or_release),
        cmocka_unit_test(what_grows_may_fail_to),
        cmocka_unit_test(each_single_failure_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
