/* The backings of a system provider whose arenas have places or pages of
 * their own: region and huge. */
#include "pymalloc_fixture.h"

#include <stdio.h>
#include <unistd.h>

#define ARENAS 8

/* The bases of the arenas, by index. */
struct bases {
    uintptr_t of[ARENAS];
    size_t count;
};

static void note_base(void *context, const struct pymalloc_arena_view *view)
{
    struct bases *bases = context;
    assert_true(view->index < ARENAS);
    bases->of[view->index] = view->base;
    bases->count++;
}

static struct bases bases_of(const struct pymalloc *heap)
{
    struct bases bases = {.count = 0};
    pymalloc_inspect(heap, &(struct pymalloc_visitor){.context = &bases,
                                                      .arena = note_base});
    return bases;
}

/* Fills arenas with blocks of 512 bytes of 0xff; returns how many there are
 * in an arena. */
static size_t fill_arenas(const struct pymalloc *heap, char **blocks,
                          size_t arenas)
{
    const struct pymalloc_preset *preset = pymalloc_preset_of(heap);
    const struct pymalloc_statistics before = heap_statistics(heap);
    assert_int_equal(before.arenas_current, 0);
    size_t count = 0;
    while (heap_statistics(heap).bytes_unused_pools > 0 ||
           heap_statistics(heap).arenas_current < arenas) {
        blocks[count] = heap_malloc(heap, 512);
        memset(blocks[count++], 0xff, 512);
    }
    const size_t in_pool =
        (preset->pool_bytes - preset->pool_header_bytes) / 512;
    while (count % in_pool != 0) {
        blocks[count] = heap_malloc(heap, 512);
        memset(blocks[count++], 0xff, 512);
    }
    return count / arenas;
}

static void free_blocks(const struct pymalloc *heap, char *const *blocks,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        heap_free(heap, blocks[i]);
    }
}

#define BLOCKS_MAX 16384

static void assert_places(enum pymalloc_base base, size_t offset_bytes)
{
    static char *blocks[BLOCKS_MAX];
    struct pymalloc *heap = system_heap(
        &(struct pymalloc_options){.backing = PYMALLOC_BACKING_REGION,
                                   .release = PYMALLOC_RELEASE_EMPTY,
                                   .base = base});
    const struct pymalloc_preset *preset = pymalloc_preset_of(heap);
    const size_t in_arena = fill_arenas(heap, blocks, 5);
    const struct bases before = bases_of(heap);
    assert_int_equal(before.count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(before.of[i] % preset->pool_bytes, offset_bytes);
        assert_true(i == 0 ||
                    before.of[i] >= before.of[i - 1] + preset->arena_bytes);
    }
    /* Places 3 and 1 go; 1 is taken first, whatever went last. */
    free_blocks(heap, blocks + 1 * in_arena, in_arena);
    free_blocks(heap, blocks + 3 * in_arena, in_arena);
    assert_int_equal(bases_of(heap).count, 3);
    char *block = heap_malloc(heap, 512);
    assert_true((uintptr_t)block - before.of[1] < preset->arena_bytes);
    /* What was given has lost its contents. */
    for (const char *byte = block + 8; byte < block + 512; byte++) {
        assert_int_equal(*byte, 0);
    }
    /* Neighbours have not. */
    for (size_t i = 0; i < in_arena; i++) {
        assert_int_equal(blocks[i][511], (char)0xff);
        assert_int_equal(blocks[2 * in_arena + i][511], (char)0xff);
    }
    pymalloc_destroy(heap);
}

static void places_are_reused_lowest_first_and_empty(void **state)
{
    (void)state;
    assert_places(PYMALLOC_BASE_ALIGNED, 0);
    assert_places(PYMALLOC_BASE_NATURAL, 0);
    assert_places(PYMALLOC_BASE_MISALIGNED, 4096);
}

/* Arenas of 1 GiB in a region of 8 GiB, each pool of another class. */
static void a_full_region_leaves_requests_to_raw(void **state)
{
    (void)state;
    static const enum pymalloc_base bases[] = {PYMALLOC_BASE_ALIGNED,
                                               PYMALLOC_BASE_MISALIGNED};
    for (size_t i = 0; i < 2; i++) {
        struct pymalloc *heap = system_heap(
            &(struct pymalloc_options){.backing = PYMALLOC_BACKING_REGION,
                                       .base = bases[i],
                                       .arena_bytes = (size_t)1 << 30,
                                       .pool_bytes = (size_t)1 << 28});
        char *blocks[32];
        for (size_t j = 0; j < 32; j++) {
            blocks[j] = heap_malloc(heap, (j + 1) * 16);
            memset(blocks[j], 0xff, (j + 1) * 16);
        }
        const struct pymalloc_statistics statistics = heap_statistics(heap);
        const size_t arenas = statistics.arenas_current;
        assert_true(arenas >= 4 && arenas < 8);
        assert_int_equal(
            arenas * (i == 0 ? 4 : 3) + (size_t)statistics.raw_blocks, 32);
        free_blocks(heap, blocks, 32);
        assert_int_equal(heap_statistics(heap).raw_blocks, 0);
        assert_int_equal(heap_statistics(heap).bytes_allocated_blocks, 0);
        pymalloc_destroy(heap);
    }
}

static void a_misaligned_base_wants_pools_larger_than_a_page(void **state)
{
    (void)state;
    static const enum pymalloc_backing backings[] = {PYMALLOC_BACKING_REGION,
                                                     PYMALLOC_BACKING_HUGE};
    for (size_t i = 0; i < 2; i++) {
        char reason[256] = "";
        assert_null(pymalloc_create(
            &(struct pymalloc_options){.preset = "3.9",
                                       .backing = backings[i],
                                       .base = PYMALLOC_BASE_MISALIGNED},
            reason, sizeof reason));
        assert_non_null(strstr(reason, "always aligned"));
    }
}

/* What the kernel is asked for shows in the flags of the mapping: "hg". */
static bool is_advised_huge(uintptr_t address)
{
    FILE *smaps = fopen("/proc/self/smaps", "r");
    assert_non_null(smaps);
    char line[512];
    bool inside = false;
    bool huge = false;
    while (fgets(line, sizeof line, smaps) != NULL) {
        char *dash = line;
        const uintptr_t start = strtoul(line, &dash, 16);
        if (*dash == '-') { /* the head of a mapping: start-end */
            inside = start <= address && address < strtoul(dash + 1, NULL, 16);
        } else if (inside && strncmp(line, "VmFlags:", 8) == 0) {
            huge = strstr(line, " hg") != NULL;
        }
    }
    (void)fclose(smaps);
    return huge;
}

static void huge_pages_are_asked_for_where_the_backing_is_huge(void **state)
{
    (void)state;
    if (access("/sys/kernel/mm/transparent_hugepage/enabled", F_OK) != 0) {
        skip(); /* this kernel takes no such advice */
    }
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        const struct pymalloc_preset *preset = pymalloc_preset(i);
        struct pymalloc *heap =
            system_heap(&(struct pymalloc_options){.preset = preset->name});
        const uintptr_t block = (uintptr_t)heap_malloc(heap, 64);
        assert_int_equal(is_advised_huge(block),
                         preset->backing == PYMALLOC_BACKING_HUGE);
        pymalloc_destroy(heap);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_reused_lowest_first_and_empty),
        cmocka_unit_test(a_full_region_leaves_requests_to_raw),
        cmocka_unit_test(a_misaligned_base_wants_pools_larger_than_a_page),
        cmocka_unit_test(huge_pages_are_asked_for_where_the_backing_is_huge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
