/* harness/self_check.c: what it finds, and that it leaves nothing behind.
 * The allocator here hands out memory in a row, each block once. */
#include "unit.h"

#include "self_check.h"

enum { REGION_BYTES = 16 << 20, GAP_BYTES = 16, CALLS = 3072 };

/* From this call on the allocator does what a test wants to see found. */
enum { LATE_CALL = 3000 };

enum vice {
    HONEST,
    REFUSES,
    MISALIGNS,
    REPEATS,         /* the last block again */
    OVERLAPS,        /* by the last 8 bytes */
    FORGETS_OTHERS,  /* the first release changes the first block */
    HALF_AS_ALIGNED, /* to 8, as pymalloc was till 3.6 */
};

static _Alignas(4096) unsigned char region[REGION_BYTES];
static struct report report;
static struct {
    enum vice vice;
    size_t used_bytes, calls, releases;
    unsigned char *last;
} row;

static void *row_alloc(size_t size)
{
    const size_t stride =
        (size + (size_t)2 * GAP_BYTES - 1) / GAP_BYTES * GAP_BYTES;
    const enum vice vice = ++row.calls >= LATE_CALL ? row.vice : HONEST;
    assert_true(size >= 1 && size <= 4096);
    if (vice == REFUSES) {
        return NULL;
    }
    if (vice == REPEATS) {
        return row.last;
    }
    assert_true(stride <= REGION_BYTES - row.used_bytes);
    row.last = region + row.used_bytes;
    row.used_bytes += vice == OVERLAPS ? (size - 1) / 8 * 8 : stride;
    if (vice == HALF_AS_ALIGNED) {
        return row.last + 8;
    }
    return vice == MISALIGNS ? row.last + 4 : row.last;
}

static void row_release(void *block)
{
    assert_non_null(block);
    if (row.releases++ == 0 && row.vice == FORGETS_OTHERS) {
        region[15] ^= 1; /* the last byte of the first block */
    }
}

static enum status check(enum vice vice)
{
    static const struct allocator_calls heap = {.alloc = row_alloc,
                                                .release = row_release};
    memset(&row, 0, sizeof row);
    memset(&report, 0, sizeof report);
    row.vice = vice;
    return self_check(&heap, &report);
}

static void an_honest_allocator_passes_and_gets_every_block_back(void **state)
{
    (void)state;
    assert_int_equal(check(HONEST), STATUS_OK);
    assert_string_equal(report.reason.text, "");
    assert_int_equal(row.calls, CALLS);
    assert_int_equal(row.releases, CALLS);
    assert_int_equal(report.operations, 2 * CALLS);
}

static void alignment_to_8_is_enough(void **state)
{
    (void)state;
    assert_int_equal(check(HALF_AS_ALIGNED), STATUS_OK);
}

static void a_late_fault_is_found(void **state)
{
    static const struct {
        enum vice vice;
        const char *words;
    } rows[] = {
        {REFUSES, ") returned NULL"},
        {MISALIGNS, ") returned a misaligned block: 0x"},
        {REPEATS, "changed while others were in use"},
        {OVERLAPS, "blocks overlap or are too small"},
        {FORGETS_OTHERS, "byte 15 of a block of 16 bytes changed"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(check(rows[i].vice), STATUS_FAILED);
        assert_contains(report.reason.text, rows[i].words);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_honest_allocator_passes_and_gets_every_block_back),
        cmocka_unit_test(alignment_to_8_is_enough),
        cmocka_unit_test(a_late_fault_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
