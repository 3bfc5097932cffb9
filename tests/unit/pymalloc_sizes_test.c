/* Sizes that an option changes: what is refused and why, and that an instance
 * whose sizes are fields answers as the preset of the same sizes does. */
#include "pymalloc_stream.h"

#define KIB ((size_t)1024)
#define MIB ((size_t)1024 * KIB)
#define GIB ((size_t)1024 * MIB)

#define TWIN_CALLS 400000

/* ---- what is refused ---------------------------------------------------- */

static const struct {
    struct pymalloc_options options;
    const char *reason;
} refused[] = {
    {{.alignment_bytes = 24}, "must be powers of two"},
    {{.pool_bytes = 12 * KIB}, "must be powers of two"},
    {{.arena_bytes = 3 * MIB}, "must be powers of two"},
    {{.alignment_bytes = 1}, "must be 8, 16, 32 or 64"},
    {{.alignment_bytes = 4}, "must be 8, 16, 32 or 64"},
    {{.alignment_bytes = 128}, "must be 8, 16, 32 or 64"},
    {{.alignment_bytes = (size_t)1 << 63}, "must be 8, 16, 32 or 64"},
    {{.threshold_bytes = 15}, "a multiple of the alignment"},
    {{.threshold_bytes = 520}, "a multiple of the alignment"},
    {{.threshold_bytes = (size_t)513 * 16}, "at most 512 of it"},
    {{.threshold_bytes = SIZE_MAX - 15}, "at most 512 of it"},
    {{.preset = "2.7", .threshold_bytes = (size_t)513 * 8},
     "at most 512 of it"},
    {{.arena_bytes = 4 * KIB}, "8 KiB to 1 GiB"},
    {{.arena_bytes = 2 * GIB}, "8 KiB to 1 GiB"},
    {{.arena_bytes = 32 * KIB}, "at least four pools"},
    {{.pool_bytes = 512 * KIB}, "at least four pools"},
    {{.pool_bytes = (size_t)1 << 63}, "at least four pools"},
    {{.pool_bytes = 1 * KIB}, "two blocks of the threshold"},
    {{.preset = "2.5", .pool_bytes = 512}, "two blocks of the threshold"},
    {{.threshold_bytes = 8 * KIB}, "two blocks of the threshold"},
};

/* Least of all: what one step more would have refused. */
static const struct pymalloc_options accepted[] = {
    {.alignment_bytes = 8},
    {.alignment_bytes = 64},
    {.threshold_bytes = 16},
    {.threshold_bytes = (size_t)512 * 8, .alignment_bytes = 8},
    {.threshold_bytes = (size_t)512 * 16, .pool_bytes = 32 * KIB},
    {.arena_bytes = 64 * KIB},
    {.arena_bytes = 8 * KIB, .pool_bytes = 2 * KIB},
    {.arena_bytes = 1 * GIB},
    {.pool_bytes = 256 * KIB},
    {.pool_bytes = 2 * KIB},
    {.preset = "2.5", .pool_bytes = 1 * KIB},
    {.preset = "2.3",
     .alignment_bytes = 8,
     .threshold_bytes = 8,
     .pool_bytes = 64,
     .arena_bytes = 8 * KIB},
};

static void sizes_that_cannot_be_are_refused_with_the_reason(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        assert_refused(&refused[i].options, refused[i].reason);
    }
}

/* Threshold and alignment as another preset has them: the rest is told of the
 * instance. */
static void an_instance_tells_its_sizes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
        const struct pymalloc_options *options = &accepted[i];
        char reason[256] = "";
        struct pymalloc *heap =
            pymalloc_create(options, reason, sizeof reason);
        if (heap == NULL) {
            fail_msg("row %zu: %s", i, reason);
        }
        const struct pymalloc_preset *sizes = pymalloc_preset_of(heap);
        const struct {
            size_t asked, told;
        } pairs[] = {
            {options->alignment_bytes, sizes->alignment_bytes},
            {options->threshold_bytes, sizes->threshold_bytes},
            {options->pool_bytes, sizes->pool_bytes},
            {options->arena_bytes, sizes->arena_bytes},
        };
        for (size_t j = 0; j < sizeof pairs / sizeof pairs[0]; j++) {
            assert_true(pairs[j].asked == 0 ||
                        pairs[j].asked == pairs[j].told);
        }
        assert_int_equal(sizes->pool_header_bytes,
                         sizes->alignment_bytes <= 16 ? 48 : 64);
        pymalloc_destroy(heap);
    }
}

/* ---- constants and fields ----------------------------------------------- */

/* The options make the sizes of the preset `like` out of another one. */
static const struct {
    struct pymalloc_options options;
    const char *like;
} twins[] = {
    {{.preset = "2.5", .threshold_bytes = 512}, "2.7"},
    {{.preset = "2.7", .threshold_bytes = 256}, "2.5"},
    {{.preset = "2.7", .alignment_bytes = 16}, "2.7.17"},
    {{.preset = "2.7", .alignment_bytes = 16}, "3.8"},
    {{.preset = "3.8", .alignment_bytes = 8}, "2.7"},
    {{.preset = "3.9", .pool_bytes = 16 * KIB, .arena_bytes = MIB}, "3.10"},
    {{.preset = "3.10", .pool_bytes = 4 * KIB, .arena_bytes = 256 * KIB},
     "3.9"},
    {{.preset = "3.15", .arena_bytes = 2 * MIB}, "3.15-huge"},
    {{.preset = "3.15-huge", .arena_bytes = MIB}, "3.10"},
    {{.preset = "2.3",
      .threshold_bytes = 512,
      .alignment_bytes = 16,
      .order = PYMALLOC_ORDER_FEWEST_FREE,
      .release = PYMALLOC_RELEASE_KEEP_ONE},
     "3.9"},
};

/* Before 3.8 the search is counted, since then there is none: nothing that
 * the sizes decide. */
static bool counts_steps(const char *preset)
{
    return strcmp(preset, "3.8") < 0;
}

static void assert_twins(const struct pymalloc_options *options,
                         const char *like, enum pymalloc_release release,
                         size_t offset_bytes)
{
    struct pymalloc_options ours = *options;
    const struct pymalloc_options theirs = {.preset = like,
                                            .release = release};
    if (release != PYMALLOC_RELEASE_PRESET) {
        ours.release = release;
    }
    const struct stream_answer our =
        stream_answer(&ours, offset_bytes, 5, TWIN_CALLS);
    const struct stream_answer their =
        stream_answer(&theirs, offset_bytes, 5, TWIN_CALLS);
    assert_int_equal(our.places, their.places);
    if (counts_steps(ours.preset) == counts_steps(like)) {
        assert_int_equal(our.statistics, their.statistics);
    }
}

static void fields_answer_as_the_preset_of_the_same_sizes(void **state)
{
    (void)state;
    static const size_t offsets[] = {0, 16, 4096, 4112};
    for (size_t i = 0; i < sizeof twins / sizeof twins[0]; i++) {
        for (size_t j = 0; j < 4; j++) {
            assert_twins(&twins[i].options, twins[i].like,
                         PYMALLOC_RELEASE_EMPTY, offsets[j]);
        }
        assert_twins(&twins[i].options, twins[i].like, PYMALLOC_RELEASE_NEVER,
                     0);
    }
}

/* Where release and order are the same, too. */
static void fields_keep_the_release_of_their_preset(void **state)
{
    (void)state;
    static const size_t same[] = {0, 1, 2, 5, 6, 7, 8, 9};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        assert_twins(&twins[same[i]].options, twins[same[i]].like,
                     PYMALLOC_RELEASE_PRESET, 0);
    }
}

/* Other sizes make other code: what was compared above is not the same. The
 * preset's own sizes, spelt out, change nothing. */
static void only_other_sizes_are_fields(void **state)
{
    (void)state;
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        const struct pymalloc_preset *preset = pymalloc_preset(i);
        const struct pymalloc_options options[3] = {
            {.preset = preset->name},
            {.preset = preset->name,
             .alignment_bytes = preset->alignment_bytes,
             .threshold_bytes = preset->threshold_bytes,
             .pool_bytes = preset->pool_bytes,
             .arena_bytes = preset->arena_bytes},
            {.preset = preset->name, .arena_bytes = 4 * MIB},
        };
        struct pymalloc_allocator calls[3];
        for (size_t j = 0; j < 3; j++) {
            char reason[256] = "";
            struct pymalloc *heap =
                pymalloc_create(&options[j], reason, sizeof reason);
            assert_non_null(heap);
            calls[j] = pymalloc_calls(heap);
            pymalloc_destroy(heap);
        }
        assert_true(calls[0].malloc == calls[1].malloc);
        assert_true(calls[0].malloc != calls[2].malloc);
    }
}

/* A header of a pool larger than a page may lie in no memory at all: it must
 * not be asked. One page is there, and none before it. */
static void addresses_behind_no_memory_are_told_foreign(void **state)
{
    (void)state;
    static const size_t pools[] = {8 * KIB, 16 * KIB};
    for (size_t i = 0; i < sizeof pools / sizeof pools[0]; i++) {
        struct fixture fixture;
        fixture_open(&fixture, 0);
        struct pymalloc *heap = fixture_heap_of(
            &fixture, &(struct pymalloc_options){.preset = "2.7",
                                                 .pool_bytes = pools[i]});
        heap_free(heap, heap_malloc(heap, 64));
        assert_true(heap_statistics(heap).radix_nodes > 0);

        char *region = fixture.region + (FIXTURE_SLOTS - 1) * FIXTURE_STRIDE;
        assert_int_equal(mprotect(region, 16 * KIB, PROT_NONE), 0);
        char *page = region + 16 * KIB - FIXTURE_PAGE;
        assert_int_equal(mprotect(page, FIXTURE_PAGE, PROT_READ | PROT_WRITE),
                         0);
        fixture.foreign = page + 64;
        heap_free(heap, fixture.foreign);
        assert_int_equal(fixture.foreign_free_calls, 1);
        fixture_end(&fixture, heap);
    }
}

/* ---- sizes that no preset has ------------------------------------------- */

static void every_size_that_is_accepted_serves(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof accepted / sizeof accepted[0]; i++) {
        if (accepted[i].arena_bytes > FIXTURE_STRIDE) {
            continue;
        }
        struct pymalloc_options options = accepted[i];
        options.memory_limit_bytes = FIXTURE_STRIDE;
        (void)stream_answer(&options, 0, i, 40000);
        (void)stream_answer(&options, 16, i, 40000);
    }
}

/* Every bit above an arena of 1 GiB is a level's: the tree has three. */
static void an_arena_may_have_a_gibibyte(void **state)
{
    (void)state;
    static const enum pymalloc_base bases[] = {PYMALLOC_BASE_ALIGNED,
                                               PYMALLOC_BASE_MISALIGNED};
    for (size_t i = 0; i < 2; i++) {
        char reason[256] = "";
        struct pymalloc *heap = pymalloc_create(
            &(struct pymalloc_options){.arena_bytes = GIB, .base = bases[i]},
            reason, sizeof reason);
        assert_non_null(heap);
        char *blocks[1000];
        for (size_t j = 0; j < 1000; j++) {
            blocks[j] = heap_malloc(heap, 512);
            memset(blocks[j], (int)j, 512);
        }
        assert_int_equal(heap_statistics(heap).arenas_current, 1);
        for (size_t j = 0; j < 1000; j++) {
            assert_int_equal(blocks[j][511], (char)j);
            heap_free(heap, blocks[j]);
        }
        assert_int_equal(heap_statistics(heap).bytes_allocated_blocks, 0);
        assert_int_equal(heap_statistics(heap).raw_blocks, 0);
        pymalloc_destroy(heap);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_that_cannot_be_are_refused_with_the_reason),
        cmocka_unit_test(an_instance_tells_its_sizes),
        cmocka_unit_test(fields_answer_as_the_preset_of_the_same_sizes),
        cmocka_unit_test(fields_keep_the_release_of_their_preset),
        cmocka_unit_test(only_other_sizes_are_fields),
        cmocka_unit_test(addresses_behind_no_memory_are_told_foreign),
        cmocka_unit_test(every_size_that_is_accepted_serves),
        cmocka_unit_test(an_arena_may_have_a_gibibyte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
