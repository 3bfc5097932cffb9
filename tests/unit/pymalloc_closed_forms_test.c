/* What can be computed about 10*1024*1024 blocks of 16 bytes: pools, arenas,
 * and the arenas that come back when every K-th block survives. */
#include "pymalloc_fixture.h"

#define BLOCK_COUNT ((size_t)10 * 1024 * 1024)
#define BLOCK_BYTES 16

static void *blocks[BLOCK_COUNT];

static struct pymalloc *filled_heap(const char *preset,
                                    enum pymalloc_release release,
                                    enum pymalloc_base base)
{
    const struct pymalloc_options options = {
        .preset = preset, .release = release, .base = base};
    char reason[256] = "";
    struct pymalloc *heap = pymalloc_create(&options, reason, sizeof reason);
    if (heap == NULL) {
        fail_msg("%s", reason);
    }
    const struct pymalloc_allocator calls = pymalloc_calls(heap);
    for (size_t i = 0; i < BLOCK_COUNT; i++) {
        blocks[i] = calls.malloc(calls.context, BLOCK_BYTES);
    }
    return heap;
}

static void free_all_but_every(const struct pymalloc *heap, size_t stride)
{
    const struct pymalloc_allocator calls = pymalloc_calls(heap);
    for (size_t i = 0; i < BLOCK_COUNT; i++) {
        if (i % stride != 0) {
            calls.free(calls.context, blocks[i]);
        }
    }
}

/* Pools and arenas of the fill: 253 blocks in a 4 KiB pool, 1021 in 16 KiB. */
static const struct {
    const char *preset;
    enum pymalloc_base base;
    size_t pools, arenas;
} fills[] = {
    {"2.3", PYMALLOC_BASE_ALIGNED, 41446, 648},
    {"2.3", PYMALLOC_BASE_MISALIGNED, 41446, 658},
    {"2.5", PYMALLOC_BASE_MISALIGNED, 41446, 658},
    {"2.7", PYMALLOC_BASE_NATURAL, 41446, 648},
    {"3.9", PYMALLOC_BASE_ALIGNED, 41446, 648},
    {"3.10", PYMALLOC_BASE_ALIGNED, 10271, 161},
    {"3.10", PYMALLOC_BASE_MISALIGNED, 10271, 164},
};

static void the_fill_takes_so_many_pools_and_arenas(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fills / sizeof fills[0]; i++) {
        struct pymalloc *heap = filled_heap(
            fills[i].preset, PYMALLOC_RELEASE_PRESET, fills[i].base);
        const struct pymalloc_preset *preset = pymalloc_preset_of(heap);
        const struct pymalloc_statistics statistics = heap_statistics(heap);
        const size_t class = BLOCK_BYTES / preset->alignment_bytes - 1;
        assert_int_equal(statistics.classes[class].pools, fills[i].pools);
        assert_int_equal(statistics.classes[class].blocks_in_use, BLOCK_COUNT);
        assert_int_equal(statistics.arenas_current, fills[i].arenas);
        assert_int_equal(statistics.arenas_highwater, fills[i].arenas);
        assert_int_equal(statistics.bytes_arena_alignment,
                         fills[i].base == PYMALLOC_BASE_MISALIGNED
                             ? fills[i].arenas * preset->pool_bytes
                             : 0);
        assert_bytes_add_up(&statistics);
        pymalloc_destroy(heap);
    }
}

/* An arena is given back iff no survivor lies in it: 16,192 blocks make an
 * arena of 256 KiB, 65,344 one of 1 MiB. */
static const struct {
    size_t stride, of_648, of_161;
} survivors[] = {
    {16192, 0, 0},     {20000, 123, 0},   {32384, 324, 0},    {65344, 487, 0},
    {100000, 543, 56}, {130688, 567, 80}, {500000, 627, 140},
};

static size_t arenas_freed(const char *preset, enum pymalloc_release release,
                           size_t stride)
{
    struct pymalloc *heap =
        filled_heap(preset, release, PYMALLOC_BASE_ALIGNED);
    free_all_but_every(heap, stride);
    const struct pymalloc_statistics statistics = heap_statistics(heap);
    assert_bytes_add_up(&statistics);
    pymalloc_destroy(heap);
    return statistics.arenas_reclaimed;
}

static void an_arena_comes_back_iff_no_survivor_lies_in_it(void **state)
{
    (void)state;
    static const char *const small_arenas[] = {"2.5", "2.7", "2.7.17",
                                               "3.8", "3.9", NULL};
    for (size_t i = 0; i < sizeof survivors / sizeof survivors[0]; i++) {
        const size_t stride = survivors[i].stride;
        assert_int_equal(arenas_freed("3.9", PYMALLOC_RELEASE_PRESET, stride),
                         survivors[i].of_648);
        assert_int_equal(arenas_freed("3.10", PYMALLOC_RELEASE_PRESET, stride),
                         survivors[i].of_161);
    }
    for (size_t i = 0; small_arenas[i] != NULL; i++) {
        assert_int_equal(
            arenas_freed(small_arenas[i], PYMALLOC_RELEASE_PRESET, 100000),
            543);
    }
}

static void release_never_gives_no_arena_back(void **state)
{
    (void)state;
    assert_int_equal(arenas_freed("3.10", PYMALLOC_RELEASE_NEVER, SIZE_MAX),
                     0);
    assert_int_equal(arenas_freed("2.3", PYMALLOC_RELEASE_PRESET, SIZE_MAX),
                     0);
}

static void one_survivor_in_a_thousand_pins_every_arena(void **state)
{
    (void)state;
    assert_int_equal(arenas_freed("3.10", PYMALLOC_RELEASE_EMPTY, 1000), 0);
    assert_int_equal(arenas_freed("2.5", PYMALLOC_RELEASE_EMPTY, 1000), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_fill_takes_so_many_pools_and_arenas),
        cmocka_unit_test(an_arena_comes_back_iff_no_survivor_lies_in_it),
        cmocka_unit_test(release_never_gives_no_arena_back),
        cmocka_unit_test(one_survivor_in_a_thousand_pins_every_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
