/* What the recorder stands on: arenas at slots, and the numbers of blocks. */
#include "unit.h"

#include "arena_slots.h"
#include "block_numbers.h"
#include "random.h"

enum { ARENA_BYTES = 256 << 10, MISALIGNMENT = 4112, POOL_BYTES = 16 << 10 };

static void open_slots(struct arena_slots *slots)
{
    assert_true(arena_slots_open(slots, ARENA_BYTES, MISALIGNMENT));
}

static void the_lowest_free_slot_is_taken(void **state)
{
    (void)state;
    static struct arena_slots slots;
    void *arenas[3];
    open_slots(&slots);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(arena_slots_take(&slots, &arenas[i]), i);
    }
    assert_int_equal(arena_slots_give(&slots, arenas[1]), 1);
    assert_int_equal(arena_slots_give(&slots, arenas[0]), 0);
    assert_int_equal(arena_slots_take(&slots, &arenas[0]), 0);
    assert_int_equal(arena_slots_take(&slots, &arenas[1]), 1);
    assert_int_equal(arena_slots_take(&slots, &arenas[1]), 3);
    arena_slots_close(&slots);
}

static void
an_arena_is_misaligned_writable_and_empty_when_taken_again(void **state)
{
    (void)state;
    static struct arena_slots slots;
    void *arena;
    open_slots(&slots);
    for (int round = 0; round < 2; round++) {
        (void)arena_slots_take(&slots, &arena);
        assert_int_equal((uintptr_t)arena % POOL_BYTES, MISALIGNMENT);
        for (size_t i = 0; i < ARENA_BYTES; i++) {
            assert_int_equal(((char *)arena)[i], 0);
        }
        memset(arena, 1, ARENA_BYTES);
        (void)arena_slots_give(&slots, arena);
    }
    arena_slots_close(&slots);
}

static void a_place_is_slot_and_offset(void **state)
{
    (void)state;
    static struct arena_slots slots;
    void *arena;
    uint64_t offset;
    open_slots(&slots);
    (void)arena_slots_take(&slots, &arena);
    assert_int_equal(arena_slots_take(&slots, &arena), 1);
    char *bytes = arena;
    assert_int_equal(arena_slots_place(&slots, bytes + 48, &offset), 1);
    assert_int_equal(offset, 48);
    assert_int_equal(
        arena_slots_place(&slots, bytes + ARENA_BYTES - 1, &offset), 1);
    const char *outside[] = {bytes - 1, bytes + ARENA_BYTES, slots.region,
                             (char *)&slots, NULL};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        assert_int_equal(arena_slots_place(&slots, outside[i], &offset),
                         PYTHON_TRACE_NO_SLOT);
    }
    arena_slots_close(&slots);
}

static void what_is_no_taken_arena_is_not_given(void **state)
{
    (void)state;
    static struct arena_slots slots;
    void *arena;
    open_slots(&slots);
    (void)arena_slots_take(&slots, &arena);
    assert_int_equal(arena_slots_give(&slots, (char *)arena + 16),
                     PYTHON_TRACE_NO_SLOT);
    assert_int_equal(arena_slots_give(&slots, &slots), PYTHON_TRACE_NO_SLOT);
    assert_int_equal(arena_slots_give(&slots, arena), 0);
    assert_int_equal(arena_slots_give(&slots, arena), PYTHON_TRACE_NO_SLOT);
    arena_slots_close(&slots);
}

enum { MODEL_BLOCKS = 1 << 19, MODEL_STEPS = 3000000 };

/* A block of the model, at an address as allocators give them. */
static const void *block_at(size_t i)
{
    return (const void *)(UINT64_C(0x7f0000000000) + i * 16); /* NOLINT */
}

static void numbers_are_those_of_a_model(void **state)
{
    (void)state;
    struct block_numbers numbers = {0};
    struct random random = random_seeded(1);
    uint32_t *model = calloc(MODEL_BLOCKS, sizeof *model); /* 0: not there */
    assert_non_null(model);
    assert_int_equal(block_numbers_take(&numbers, block_at(0)),
                     PYTHON_TRACE_NO_BLOCK);
    for (uint32_t step = 1; step <= MODEL_STEPS; step++) {
        const size_t i = random_below(&random, MODEL_BLOCKS);
        if (random_below(&random, 2)) {
            assert_int_equal(block_numbers_put(&numbers, block_at(i), step),
                             model[i] ? BLOCK_NUMBERS_THERE
                                      : BLOCK_NUMBERS_PUT);
            model[i] = model[i] ? model[i] : step;
        } else {
            assert_int_equal(block_numbers_take(&numbers, block_at(i)),
                             model[i] ? model[i] : PYTHON_TRACE_NO_BLOCK);
            model[i] = 0;
        }
    }
    free(model);
    block_numbers_free(&numbers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lowest_free_slot_is_taken),
        cmocka_unit_test(
            an_arena_is_misaligned_writable_and_empty_when_taken_again),
        cmocka_unit_test(a_place_is_slot_and_offset),
        cmocka_unit_test(what_is_no_taken_arena_is_not_given),
        cmocka_unit_test(numbers_are_those_of_a_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
