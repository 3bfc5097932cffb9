/* pymalloc's rules of blocks and pools, one by one, in every preset. */
#include "pymalloc_fixture.h"

typedef void rule(struct fixture *fixture, struct pymalloc *heap,
                  const struct pymalloc_preset *preset);

/* Runs a rule in a new instance of every preset. */
static void in_every_preset(rule *check)
{
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        struct fixture fixture;
        fixture_open(&fixture, 0);
        struct pymalloc *heap = fixture_heap(
            &fixture, pymalloc_preset(i)->name, PYMALLOC_RELEASE_PRESET);
        check(&fixture, heap, pymalloc_preset(i));
        fixture_end(&fixture, heap);
    }
}

#define HEADER_BYTES 48

/* Fills a whole pool; returns its first block. The class must be unused. */
static char *fill_pool(const struct pymalloc *heap,
                       const struct pymalloc_preset *preset, size_t size)
{
    const size_t blocks = (preset->pool_bytes - HEADER_BYTES) / size;
    char *first = heap_malloc(heap, size);
    for (size_t i = 1; i < blocks; i++) {
        assert_ptr_equal(heap_malloc(heap, size), first + i * size);
    }
    return first;
}

static void drain_pool(const struct pymalloc *heap,
                       const struct pymalloc_preset *preset, char *first,
                       size_t size)
{
    const size_t blocks = (preset->pool_bytes - HEADER_BYTES) / size;
    for (size_t i = 0; i < blocks; i++) {
        heap_free(heap, first + i * size);
    }
}

static void check_size_classes(struct fixture *fixture, struct pymalloc *heap,
                               const struct pymalloc_preset *preset)
{
    for (size_t size = 1; size <= preset->threshold_bytes; size++) {
        void *block = heap_malloc(heap, size);
        const struct pymalloc_statistics statistics = heap_statistics(heap);
        const size_t class = (size - 1) / preset->alignment_bytes;
        assert_int_equal(statistics.classes[class].blocks_in_use, 1);
        assert_true(statistics.classes[class].block_bytes >= size);
        assert_true(statistics.classes[class].block_bytes - size <
                    preset->alignment_bytes);
        assert_int_equal((uintptr_t)block % preset->alignment_bytes, 0);
        assert_int_not_equal(fixture_slot(fixture, block), OUTSIDE);
        heap_free(heap, block);
    }
}

static void requests_go_to_the_class_that_just_holds_them(void **state)
{
    (void)state;
    in_every_preset(check_size_classes);
}

static void check_carving(struct fixture *fixture, struct pymalloc *heap,
                          const struct pymalloc_preset *preset)
{
    const size_t size = 2 * preset->alignment_bytes;
    char *first = fill_pool(heap, preset, size);
    assert_int_equal(fixture_offset(fixture, first), HEADER_BYTES);
    char *next = heap_malloc(heap, size);
    assert_ptr_equal(next, first + preset->pool_bytes);
}

static void a_pool_is_handed_out_in_address_order(void **state)
{
    (void)state;
    in_every_preset(check_carving);
}

/* Whether bytes from..to of the memory still hold the filler. */
static bool is_untouched(const char *memory, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (memory[i] != (char)0xee) {
            return false;
        }
    }
    return true;
}

static void check_laziness(struct fixture *fixture, struct pymalloc *heap,
                           const struct pymalloc_preset *preset)
{
    memset(fixture->region, 0xee, preset->arena_bytes);
    const size_t link = sizeof(void *);
    assert_ptr_equal(heap_malloc(heap, 64), fixture->region + HEADER_BYTES);
    const size_t second = HEADER_BYTES + 64;
    const char *memory = fixture->region;
    assert_true(is_untouched(memory, HEADER_BYTES, second));
    assert_false(is_untouched(memory, second, second + link));
    assert_true(is_untouched(memory, second + link, preset->arena_bytes));

    assert_ptr_equal(heap_malloc(heap, 64), memory + second);
    assert_false(is_untouched(memory, second + 64, second + 64 + link));
    assert_true(is_untouched(memory, second + 64 + link, preset->arena_bytes));
}

static void memory_is_not_touched_before_it_is_needed(void **state)
{
    (void)state;
    in_every_preset(check_laziness);
}

static void check_free_list(struct fixture *fixture, struct pymalloc *heap,
                            const struct pymalloc_preset *preset)
{
    (void)fixture;
    (void)preset;
    void *blocks[5];
    for (int i = 0; i < 5; i++) {
        blocks[i] = heap_malloc(heap, 100);
    }
    heap_free(heap, blocks[3]);
    heap_free(heap, blocks[0]);
    heap_free(heap, blocks[2]);
    assert_ptr_equal(heap_malloc(heap, 100), blocks[2]);
    assert_ptr_equal(heap_malloc(heap, 100), blocks[0]);
    assert_ptr_equal(heap_malloc(heap, 100), blocks[3]);
}

static void the_block_freed_last_is_handed_out_first(void **state)
{
    (void)state;
    in_every_preset(check_free_list);
}

static void check_front(struct fixture *fixture, struct pymalloc *heap,
                        const struct pymalloc_preset *preset)
{
    (void)fixture;
    char *full[3];
    for (int i = 0; i < 3; i++) {
        full[i] = fill_pool(heap, preset, 128);
    }
    char *part_full = heap_malloc(heap, 128);
    heap_free(heap, full[1]);
    heap_free(heap, full[0]);
    heap_free(heap, full[2] + 128);
    assert_ptr_equal(heap_malloc(heap, 128), full[2] + 128);
    assert_ptr_equal(heap_malloc(heap, 128), full[0]);
    assert_ptr_equal(heap_malloc(heap, 128), full[1]);
    assert_ptr_equal(heap_malloc(heap, 128), part_full + 128);
}

static void a_full_pool_with_a_freed_block_serves_first(void **state)
{
    (void)state;
    in_every_preset(check_front);
}

static void check_kept_list(struct fixture *fixture, struct pymalloc *heap,
                            const struct pymalloc_preset *preset)
{
    (void)fixture;
    (void)preset;
    void *keeper = heap_malloc(heap, 8); /* keeps the arena */
    void *blocks[3];
    for (int i = 0; i < 3; i++) {
        blocks[i] = heap_malloc(heap, 200);
    }
    heap_free(heap, blocks[1]);
    heap_free(heap, blocks[2]);
    heap_free(heap, blocks[0]);
    assert_ptr_equal(heap_malloc(heap, 200), blocks[0]);
    assert_ptr_equal(heap_malloc(heap, 200), blocks[2]);
    assert_ptr_equal(heap_malloc(heap, 200), blocks[1]);
    heap_free(heap, keeper);
}

static void an_empty_pool_keeps_its_free_list_for_its_class(void **state)
{
    (void)state;
    in_every_preset(check_kept_list);
}

static void check_free_pools(struct fixture *fixture, struct pymalloc *heap,
                             const struct pymalloc_preset *preset)
{
    (void)preset;
    void *keeper = heap_malloc(heap, 8);
    char *first = heap_malloc(heap, 48);
    char *second = heap_malloc(heap, 64);
    char *third = heap_malloc(heap, 80);
    heap_free(heap, second);
    heap_free(heap, first);
    heap_free(heap, third);
    /* Last freed, first opened; for another class it starts anew. */
    assert_ptr_equal(heap_malloc(heap, 160), third);
    assert_ptr_equal(heap_malloc(heap, 160), third + 160);
    assert_ptr_equal(heap_malloc(heap, 176), first);
    assert_ptr_equal(heap_malloc(heap, 192), second);
    const char *carved = heap_malloc(heap, 208);
    assert_int_equal(fixture_offset(fixture, carved),
                     4 * preset->pool_bytes + HEADER_BYTES);
    heap_free(heap, keeper);
}

static void the_pool_freed_last_is_opened_first(void **state)
{
    (void)state;
    in_every_preset(check_free_pools);
}

static void check_pool_of_its_own(struct fixture *fixture,
                                  struct pymalloc *heap,
                                  const struct pymalloc_preset *preset)
{
    (void)fixture;
    char *first = fill_pool(heap, preset, 256);
    char *second = fill_pool(heap, preset, 256);
    drain_pool(heap, preset, first, 256);
    /* One part-full pool stays in the ring when the other empties. */
    heap_free(heap, second);
    assert_ptr_equal(heap_malloc(heap, 256), second);
    const struct pymalloc_statistics statistics = heap_statistics(heap);
    const size_t class = 256 / preset->alignment_bytes - 1;
    assert_int_equal(statistics.classes[class].pools, 1);
    assert_int_equal(statistics.classes[class].blocks_available, 0);
}

static void a_drained_pool_leaves_its_ring(void **state)
{
    (void)state;
    in_every_preset(check_pool_of_its_own);
}

static void check_realloc(struct fixture *fixture, struct pymalloc *heap,
                          const struct pymalloc_preset *preset)
{
    (void)fixture;
    (void)preset;
    /* A block of 64 bytes stays from 49 to 64: 4 * 49 > 3 * 64. */
    for (size_t size = 1; size <= 128; size++) {
        char *block = heap_malloc(heap, 64);
        memset(block, 0x5a, 64);
        char *moved = heap_realloc(heap, block, size);
        assert_int_equal(moved == block, size > 48 && size <= 64);
        for (size_t i = 0; i < size && i < 64; i++) {
            assert_int_equal(moved[i], 0x5a);
        }
        heap_free(heap, moved);
    }
    assert_non_null(heap_realloc(heap, NULL, 64));
}

static void realloc_moves_a_block_that_shrinks_by_a_quarter(void **state)
{
    (void)state;
    in_every_preset(check_realloc);
}

static void check_calloc(struct fixture *fixture, struct pymalloc *heap,
                         const struct pymalloc_preset *preset)
{
    char *used = heap_malloc(heap, 96);
    memset(used, 0xff, 96);
    heap_free(heap, used);
    const char *zeroed = heap_calloc(heap, 12, 8);
    assert_ptr_equal(zeroed, used);
    for (size_t i = 0; i < 96; i++) {
        assert_int_equal(zeroed[i], 0);
    }
    const size_t raw_calls = fixture->raw_calls;
    assert_null(heap_calloc(heap, SIZE_MAX / 2, 3));
    assert_null(heap_calloc(heap, SIZE_MAX / 8 + 1, 8));
    assert_int_equal(fixture->raw_calls, raw_calls);
    (void)preset;
}

static void calloc_zeroes_and_refuses_to_overflow(void **state)
{
    (void)state;
    in_every_preset(check_calloc);
}

static void check_statistics(struct fixture *fixture, struct pymalloc *heap,
                             const struct pymalloc_preset *preset)
{
    (void)fixture;
    fill_pool(heap, preset, 48);
    heap_free(heap, heap_malloc(heap, 48));
    void *block = heap_malloc(heap, 48);
    const struct pymalloc_statistics statistics = heap_statistics(heap);
    const size_t blocks = (preset->pool_bytes - HEADER_BYTES) / 48;
    const struct pymalloc_class_statistics *class =
        &statistics.classes[48 / preset->alignment_bytes - 1];
    assert_int_equal(class->pools, 2);
    assert_int_equal(class->blocks_in_use, blocks + 1);
    assert_int_equal(class->blocks_available, blocks - 1);
    assert_int_equal(statistics.arenas_current, 1);
    assert_int_equal(statistics.bytes_allocated_blocks, (blocks + 1) * 48);
    assert_int_equal(statistics.bytes_pool_headers, 2 * HEADER_BYTES);
    assert_int_equal(statistics.bytes_quantization,
                     2 * (preset->pool_bytes - HEADER_BYTES - blocks * 48));
    assert_int_equal(statistics.bytes_unused_pools,
                     preset->arena_bytes - 2 * preset->pool_bytes);
    assert_int_equal(statistics.bytes_arena_alignment, 0);
    assert_bytes_add_up(&statistics);
    heap_free(heap, block);
}

static void the_statistics_account_for_every_byte(void **state)
{
    (void)state;
    in_every_preset(check_statistics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_go_to_the_class_that_just_holds_them),
        cmocka_unit_test(a_pool_is_handed_out_in_address_order),
        cmocka_unit_test(memory_is_not_touched_before_it_is_needed),
        cmocka_unit_test(the_block_freed_last_is_handed_out_first),
        cmocka_unit_test(a_full_pool_with_a_freed_block_serves_first),
        cmocka_unit_test(an_empty_pool_keeps_its_free_list_for_its_class),
        cmocka_unit_test(the_pool_freed_last_is_opened_first),
        cmocka_unit_test(a_drained_pool_leaves_its_ring),
        cmocka_unit_test(realloc_moves_a_block_that_shrinks_by_a_quarter),
        cmocka_unit_test(calloc_zeroes_and_refuses_to_overflow),
        cmocka_unit_test(the_statistics_account_for_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
