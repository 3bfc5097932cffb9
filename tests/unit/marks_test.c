/* allocators/support/marks.c: a mark is found again by its address. */
#include "unit.h"

#include "../../allocators/support/marks.h"

#define MIB (UINT64_C(1) << 20)

static size_t scratch_bytes_asked;

static void *test_scratch(size_t bytes, struct reason *reason)
{
    (void)reason;
    scratch_bytes_asked += bytes;
    return calloc(1, bytes);
}

static struct marks open_marks(uint64_t span_bytes)
{
    struct marks marks;
    struct reason reason = {""};
    scratch_bytes_asked = 0;
    assert_int_equal(marks_prepare(&marks, span_bytes, test_scratch, &reason),
                     STATUS_OK);
    return marks;
}

static void close_marks(struct marks *marks)
{
    free(marks->table);
    free(marks->pool);
}

static const void *at(uint64_t address)
{
    return (const void *)(uintptr_t)address;
}

static void an_address_is_covered_only_once_asked_for(void **state)
{
    (void)state;
    struct marks marks = open_marks(2 * MIB);
    assert_null(marks_find(&marks, NULL));
    assert_null(marks_find(&marks, at(5 * MIB)));
    uint16_t *mark = marks_cover(&marks, at(5 * MIB));
    assert_non_null(mark);
    assert_int_equal(*mark, 0);
    assert_ptr_equal(marks_find(&marks, at(5 * MIB)), mark);
    assert_null(marks_find(&marks, at(6 * MIB)));
    close_marks(&marks);
}

static void sixteen_bytes_share_a_mark_and_neighbours_do_not(void **state)
{
    (void)state;
    struct marks marks = open_marks(MIB);
    uint16_t *mark = marks_cover(&marks, at(7 * MIB + 32));
    assert_ptr_equal(marks_find(&marks, at(7 * MIB + 47)), mark);
    assert_ptr_equal(marks_find(&marks, at(7 * MIB + 48)), mark + 1);
    assert_ptr_equal(marks_find(&marks, at(7 * MIB + 31)), mark - 1);
    close_marks(&marks);
}

/* Every 2^k-th MiB falls on the same entry of the table: they must still be
 * told apart. */
static void regions_far_apart_keep_their_marks(void **state)
{
    (void)state;
    enum { COUNT = 32 };
    struct marks marks = open_marks(COUNT * MIB);
    for (unsigned pass = 0; pass < 2; pass++) {
        for (uint64_t i = 0; i < COUNT; i++) {
            const uint64_t address = (i + 1) * (UINT64_C(1) << 40) + i * 16;
            uint16_t *mark = pass == 0 ? marks_cover(&marks, at(address))
                                       : marks_find(&marks, at(address));
            assert_non_null(mark);
            assert_int_equal(*mark, pass == 0 ? 0 : 1000 + i);
            *mark = (uint16_t)(1000 + i);
        }
    }
    assert_null(marks_find(&marks, at((COUNT + 1) * (UINT64_C(1) << 40))));
    close_marks(&marks);
}

static void the_span_ends_where_it_was_said_to(void **state)
{
    (void)state;
    struct marks marks = open_marks(3 * MIB - 1); /* begins three */
    for (uint64_t i = 1; i <= 3; i++) {
        assert_non_null(marks_cover(&marks, at(i * MIB)));
    }
    assert_null(marks_cover(&marks, at(4 * MIB)));
    assert_non_null(marks_cover(&marks, at(3 * MIB)));
    /* An eighth of the span, and the table. */
    assert_true(scratch_bytes_asked >= 3 * MIB / 8);
    assert_true(scratch_bytes_asked < 3 * MIB / 8 + 4096);
    close_marks(&marks);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_covered_only_once_asked_for),
        cmocka_unit_test(sixteen_bytes_share_a_mark_and_neighbours_do_not),
        cmocka_unit_test(regions_far_apart_keep_their_marks),
        cmocka_unit_test(the_span_ends_where_it_was_said_to),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
