/* Instances of pymalloc: the table of presets, what is refused and why, the
 * system's arenas, the calls in malloc's shape. */
#include "pymalloc_fixture.h"

/* Python's constants on 64-bit machines, by version. */
static const struct {
    const char *name;
    size_t threshold, alignment, pool, arena;
    enum pymalloc_backing backing;
    enum pymalloc_release release;
} expected[] = {
    {"2.3", 256, 8, 4096, 262144, PYMALLOC_BACKING_MALLOC,
     PYMALLOC_RELEASE_NEVER},
    {"2.5", 256, 8, 4096, 262144, PYMALLOC_BACKING_MALLOC,
     PYMALLOC_RELEASE_EMPTY},
    {"2.7", 512, 8, 4096, 262144, PYMALLOC_BACKING_MMAP,
     PYMALLOC_RELEASE_EMPTY},
    {"2.7.17", 512, 16, 4096, 262144, PYMALLOC_BACKING_MMAP,
     PYMALLOC_RELEASE_EMPTY},
    {"3.8", 512, 16, 4096, 262144, PYMALLOC_BACKING_MMAP,
     PYMALLOC_RELEASE_EMPTY},
    {"3.9", 512, 16, 4096, 262144, PYMALLOC_BACKING_MMAP,
     PYMALLOC_RELEASE_KEEP_ONE},
    {"3.10", 512, 16, 16384, 1048576, PYMALLOC_BACKING_MMAP,
     PYMALLOC_RELEASE_KEEP_ONE},
    {"3.15", 512, 16, 16384, 1048576, PYMALLOC_BACKING_HUGE,
     PYMALLOC_RELEASE_KEEP_ONE},
    {"3.15-huge", 512, 16, 16384, 2097152, PYMALLOC_BACKING_HUGE,
     PYMALLOC_RELEASE_KEEP_ONE},
};

static void the_presets_have_pythons_constants(void **state)
{
    (void)state;
    const size_t count = sizeof expected / sizeof expected[0];
    for (size_t i = 0; i < count; i++) {
        const struct pymalloc_preset *preset = pymalloc_preset(i);
        assert_non_null(preset);
        assert_string_equal(preset->name, expected[i].name);
        assert_int_equal(preset->threshold_bytes, expected[i].threshold);
        assert_int_equal(preset->alignment_bytes, expected[i].alignment);
        assert_int_equal(preset->pool_bytes, expected[i].pool);
        assert_int_equal(preset->arena_bytes, expected[i].arena);
        assert_int_equal(preset->pool_header_bytes, 48);
        assert_int_equal(preset->backing, expected[i].backing);
        assert_int_equal(preset->release, expected[i].release);
        assert_true(strlen(preset->pythons) > 0);
    }
    assert_null(pymalloc_preset(count));
    assert_null(pymalloc_preset(count + 1));
}

static void no_options_mean_3_10(void **state)
{
    (void)state;
    struct pymalloc *heap = system_heap(&(struct pymalloc_options){0});
    assert_string_equal(pymalloc_preset_of(heap)->name, "3.10");
    pymalloc_destroy(heap);
    pymalloc_destroy(NULL);
}

static void what_a_preset_cannot_do_is_refused_with_the_reason(void **state)
{
    (void)state;
    static const struct {
        struct pymalloc_options options;
        const char *reason;
    } refused[] = {
        {{.preset = "3.16"}, "no preset \"3.16\""},
        {{.preset = "2.3", .release = PYMALLOC_RELEASE_EMPTY},
         "release=never is all it can"},
        {{.preset = "2.3", .release = PYMALLOC_RELEASE_KEEP_ONE},
         "release=never is all it can"},
        {{.preset = "3.9", .base = PYMALLOC_BASE_MISALIGNED},
         "always aligned"},
        {{.preset = "2.7", .base = PYMALLOC_BASE_MISALIGNED},
         "always aligned"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        assert_refused(&refused[i].options, refused[i].reason);
    }
    char tiny[8];
    memset(tiny, 'x', sizeof tiny);
    assert_null(pymalloc_create(&refused[0].options, tiny, sizeof tiny));
    assert_int_equal(strlen(tiny), sizeof tiny - 1);
}

/* Where the blocks of the first pools of some arenas lie shows where the
 * arenas begin: the first pool is the base rounded up. */
static void arenas_begin_where_the_base_says(void **state)
{
    (void)state;
    static const struct {
        const char *preset;
        enum pymalloc_base base;
        size_t lost_pools; /* of each arena */
    } bases[] = {
        {"3.10", PYMALLOC_BASE_ALIGNED, 0},
        {"3.10", PYMALLOC_BASE_MISALIGNED, 1},
        {"2.3", PYMALLOC_BASE_ALIGNED, 0},
        {"2.3", PYMALLOC_BASE_MISALIGNED, 1},
        {"2.5", PYMALLOC_BASE_ALIGNED, 0},
        {"2.5", PYMALLOC_BASE_MISALIGNED, 1},
        {"3.8", PYMALLOC_BASE_ALIGNED, 0},
        {"3.8", PYMALLOC_BASE_NATURAL, 0},
    };
    for (size_t i = 0; i < sizeof bases / sizeof bases[0]; i++) {
        struct pymalloc *heap = system_heap(&(struct pymalloc_options){
            .preset = bases[i].preset, .base = bases[i].base});
        const struct pymalloc_preset *preset = pymalloc_preset_of(heap);
        const size_t blocks = 20 * preset->arena_bytes / 256;
        for (size_t j = 0; j < blocks; j++) {
            memset(heap_malloc(heap, 256), 1, 256);
        }
        const struct pymalloc_statistics statistics = heap_statistics(heap);
        assert_true(statistics.arenas_current > 20);
        assert_int_equal(statistics.bytes_arena_alignment,
                         bases[i].lost_pools * statistics.arenas_current *
                             preset->pool_bytes);
        pymalloc_destroy(heap);
    }
}

static void instances_do_not_know_each_other(void **state)
{
    (void)state;
    struct pymalloc *heaps[3];
    static const char *const presets[] = {"3.10", "2.3", "3.10"};
    for (int i = 0; i < 3; i++) {
        heaps[i] =
            system_heap(&(struct pymalloc_options){.preset = presets[i]});
    }
    for (int i = 0; i < 30000; i++) {
        (void)heap_malloc(heaps[i % 3], 48);
    }
    for (int i = 0; i < 3; i++) {
        const struct pymalloc_statistics statistics =
            heap_statistics(heaps[i]);
        assert_int_equal(statistics.bytes_allocated_blocks, 10000 * 48);
        assert_bytes_add_up(&statistics);
    }
    pymalloc_destroy(heaps[0]);
    void *block = heap_malloc(heaps[2], 48);
    heap_free(heaps[2], block);
    assert_int_equal(heap_statistics(heaps[2]).bytes_allocated_blocks,
                     10000 * 48);
    pymalloc_destroy(heaps[1]);
    pymalloc_destroy(heaps[2]);
}

static void the_radix_tree_is_counted_since_3_10(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_open(&fixture, 0);
    struct pymalloc *heap =
        fixture_heap(&fixture, "3.10", PYMALLOC_RELEASE_PRESET);
    (void)heap_malloc(heap, 1);
    const struct pymalloc_statistics statistics = heap_statistics(heap);
    /* Levels of 15, 15 and 14 bits; the root, and one node of each other. */
    assert_int_equal(statistics.radix_nodes, 3);
    assert_int_equal(statistics.radix_bytes,
                     2 * (sizeof(void *) << 15) + (8 << 14));
    fixture_end(&fixture, heap);

    fixture_open(&fixture, 0);
    heap = fixture_heap(&fixture, "3.9", PYMALLOC_RELEASE_PRESET);
    (void)heap_malloc(heap, 1);
    assert_int_equal(heap_statistics(heap).radix_nodes, 0);
    assert_int_equal(heap_statistics(heap).radix_bytes, 0);
    fixture_end(&fixture, heap);
}

static void the_calls_in_mallocs_shape_use_the_instance_in_use(void **state)
{
    (void)state;
    struct pymalloc *heap =
        system_heap(&(struct pymalloc_options){.preset = "3.9"});
    struct pymalloc *other =
        system_heap(&(struct pymalloc_options){.preset = "3.10"});
    pymalloc_use(heap);
    char *block = object_malloc(100);
    assert_int_equal(heap_statistics(heap).bytes_allocated_blocks, 112);
    block = object_realloc(block, 300);
    assert_int_equal(heap_statistics(heap).bytes_allocated_blocks, 304);
    char *zeroed = object_calloc(4, 4);
    assert_int_equal(zeroed[15], 0);
    assert_int_equal(heap_statistics(heap).bytes_allocated_blocks, 320);
    object_free(block);
    object_free(zeroed);
    object_free(NULL);
    assert_int_equal(heap_statistics(heap).bytes_allocated_blocks, 0);

    pymalloc_use(other);
    object_free(object_malloc(1));
    assert_int_equal(heap_statistics(other).arenas_current, 1);
    pymalloc_use(NULL);
    pymalloc_destroy(heap);
    pymalloc_destroy(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_presets_have_pythons_constants),
        cmocka_unit_test(no_options_mean_3_10),
        cmocka_unit_test(what_a_preset_cannot_do_is_refused_with_the_reason),
        cmocka_unit_test(arenas_begin_where_the_base_says),
        cmocka_unit_test(instances_do_not_know_each_other),
        cmocka_unit_test(the_radix_tree_is_counted_since_3_10),
        cmocka_unit_test(the_calls_in_mallocs_shape_use_the_instance_in_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
