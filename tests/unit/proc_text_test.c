/* harness/proc_text.c: the kernel's text files, whole, cut and hostile. */
#include "unit.h"

#include <sys/mman.h>
#include <unistd.h>

#include "proc_text.h"
#include "sample.h"

/* The text's last byte lies before a page that must not be touched, so a
 * reader that goes one byte too far dies. */
struct guarded {
    char *pages;
    size_t page_bytes;
    const char *text;
    size_t length;
};

static struct guarded guard(const char *text, size_t length)
{
    const size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 2 * page_bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(pages != MAP_FAILED && length <= page_bytes);
    char *start = pages + page_bytes - length;
    memcpy(start, text, length);
    assert_int_equal(mprotect(pages + page_bytes, page_bytes, PROT_NONE), 0);
    return (struct guarded){pages, page_bytes, start, length};
}

static void unguard(struct guarded *guarded)
{
    assert_int_equal(munmap(guarded->pages, 2 * guarded->page_bytes), 0);
}

/* The value of one field of a text. */
static uint64_t field(const char *key, const char *text)
{
    uint64_t value = 12345;
    const struct proc_field fields[] = {{key, &value}, {NULL, NULL}};
    struct guarded guarded = guard(text, strlen(text));
    proc_fields(guarded.text, guarded.length, fields);
    unguard(&guarded);
    return value;
}

static uint64_t statm(const char *text)
{
    struct guarded guarded = guard(text, strlen(text));
    const uint64_t pages =
        proc_statm_resident_pages(guarded.text, guarded.length);
    unguard(&guarded);
    return pages;
}

static bool mapping(const char *line, uint64_t *start, uint64_t *end)
{
    struct guarded guarded = guard(line, strlen(line));
    const bool found = proc_mapping(guarded.text, guarded.length, start, end);
    unguard(&guarded);
    return found;
}

static bool of_file(const char *line)
{
    struct guarded guarded = guard(line, strlen(line));
    const bool answer = proc_mapping_of_file(guarded.text, guarded.length);
    unguard(&guarded);
    return answer;
}

/* ---- fields --------------------------------------------------------------
 */

static void kilobytes_become_bytes_and_plain_numbers_stay(void **state)
{
    (void)state;
    static const char rollup[] =
        "55d0c0a00000-7ffd3c5f2000 ---p 00000000 00:00 0      [rollup]\n"
        "Rss:                1364 kB\n"
        "Pss_Anon:             88 kB\n"
        "Anonymous:            92 kB\n"
        "LazyFree:              0 kB\n"
        "AnonHugePages:      2048 kB\n";
    assert_int_equal(field("Rss:", rollup), 1364 * 1024);
    assert_int_equal(field("Anonymous:", rollup), 92 * 1024);
    assert_int_equal(field("LazyFree:", rollup), 0);
    assert_int_equal(field("AnonHugePages:", rollup), 2048 * 1024);
    assert_int_equal(field("Threads:", "Threads:\t17\n"), 17);
}

static void a_key_is_found_at_the_start_of_a_line_alone(void **state)
{
    (void)state;
    assert_int_equal(field("Anonymous:", "Pss_Anonymous: 3 kB\n"), UNKNOWN);
    assert_int_equal(field("Rss:", "RssShmem: 3 kB\n"), UNKNOWN);
    assert_int_equal(field("Rss:", "x Rss: 3 kB\nRss: 4 kB\n"), 4096);
    assert_int_equal(field("Rss:", "rss: 3 kB\n"), UNKNOWN);
}

static void a_field_that_the_text_lacks_is_unknown_not_zero(void **state)
{
    (void)state;
    assert_int_equal(field("Rss:", ""), UNKNOWN);
    assert_int_equal(field("Rss:", "\n\n\n"), UNKNOWN);
    assert_int_equal(field("Rss:", "Pss: 1 kB\n"), UNKNOWN);
}

static void a_line_without_its_number_is_unknown(void **state)
{
    (void)state;
    assert_int_equal(field("Rss:", "Rss:\n"), UNKNOWN);
    assert_int_equal(field("Rss:", "Rss: kB\n"), UNKNOWN);
    assert_int_equal(field("Rss:", "Rss: -4 kB\n"), UNKNOWN);
    /* The next line's number is not this line's. */
    assert_int_equal(field("Rss:", "Rss:\n4 kB\n"), UNKNOWN);
}

/* A cut number or a cut unit would be a wrong figure. */
static void a_last_line_that_may_be_cut_is_not_believed(void **state)
{
    (void)state;
    static const char *const cuts[] = {
        "Rss: 8192 kB", "Rss: 8192 k", "Rss: 8192 ", "Rss: 81",
        "Rss: ",        "Rss:",        "Rss",        NULL};
    for (size_t i = 0; cuts[i]; i++) {
        assert_int_equal(field("Rss:", cuts[i]), UNKNOWN);
    }
    assert_int_equal(field("Rss:", "Rss: 8 kB\nPss: 4"), 8192);
}

static void a_unit_that_is_not_kilobytes_changes_nothing(void **state)
{
    (void)state;
    assert_int_equal(field("A:", "A: 8\n"), 8);
    assert_int_equal(field("A:", "A: 8 \n"), 8);
    assert_int_equal(field("A:", "A: 8 k\n"), 8);
    assert_int_equal(field("A:", "A:8kB\n"), 8192);
}

static void a_number_that_does_not_fit_is_unknown(void **state)
{
    (void)state;
    assert_int_equal(field("Rss:", "Rss: 18446744073709551614\n"),
                     UINT64_MAX - 1);
    assert_int_equal(field("Rss:", "Rss: 18446744073709551616\n"), UNKNOWN);
    assert_int_equal(field("Rss:", "Rss: 99999999999999999999999\n"), UNKNOWN);
    /* 2^54 kB are 2^64 bytes, one more than fits. */
    assert_int_equal(field("Rss:", "Rss: 18014398509481984 kB\n"), UNKNOWN);
    assert_int_equal(field("Rss:", "Rss: 18014398509481983 kB\n"),
                     UINT64_MAX - 1023);
}

static void of_two_lines_with_one_key_the_first_counts(void **state)
{
    (void)state;
    assert_int_equal(field("Rss:", "Rss: 1 kB\nRss: 2 kB\n"), 1024);
}

static void zero_bytes_in_a_text_are_bytes_like_others(void **state)
{
    (void)state;
    static const char text[] = "a\0b\nRss: 5 kB\n";
    uint64_t value = 0;
    const struct proc_field fields[] = {{"Rss:", &value}, {NULL, NULL}};
    proc_fields(text, sizeof text - 1, fields);
    assert_int_equal(value, 5 * 1024);
}

static void many_fields_are_filled_from_one_text(void **state)
{
    (void)state;
    static const char text[] = "C: 3\nA: 1 kB\n";
    uint64_t a = 0, b = 0, c = 0;
    const struct proc_field fields[] = {
        {"A:", &a}, {"B:", &b}, {"C:", &c}, {NULL, NULL}};
    proc_fields(text, sizeof text - 1, fields);
    assert_int_equal(a, 1024);
    assert_int_equal(b, UNKNOWN);
    assert_int_equal(c, 3);
}

/* ---- statm ---------------------------------------------------------------
 */

static void the_second_number_of_statm_is_the_resident_pages(void **state)
{
    (void)state;
    assert_int_equal(statm("2231 341 312 5 0 109 0\n"), 341);
    assert_int_equal(statm("0 0 0 0 0 0 0\n"), 0);
    assert_int_equal(statm("2231 341 "), 341);
}

static void a_statm_that_is_none_is_unknown(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "\n",
        " ",
        "2231",
        "2231 ",
        "2231\n341\n",
        "2231 x\n",
        "x 341\n",
        "-1 3\n",
        "99999999999999999999 3\n",
        "1 99999999999999999999\n",
        "2231 34", /* perhaps the start of 341 */
        "2231 34x\n",
        NULL};
    for (size_t i = 0; texts[i]; i++) {
        assert_int_equal(statm(texts[i]), UNKNOWN);
    }
}

/* ---- maps ----------------------------------------------------------------
 */

static void a_line_of_maps_begins_with_its_addresses(void **state)
{
    (void)state;
    uint64_t start = 0, end = 0;
    assert_true(mapping("7f05a0c00000-7f05a0e21000 rw-p 00000000 00:00 0",
                        &start, &end));
    assert_int_equal(start, UINT64_C(0x7f05a0c00000));
    assert_int_equal(end, UINT64_C(0x7f05a0e21000));
    assert_true(
        mapping("ffffffffff600000-ffffffffff601000 --xp", &start, &end));
    assert_int_equal(start, UINT64_C(0xffffffffff600000));
    assert_true(mapping("0-1", &start, &end));
    assert_int_equal(end, 1);
}

static void a_line_without_a_range_is_no_mapping(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        "-",
        "1000",
        "1000-",
        "1000 2000 rw-p",
        "1000-x",
        "x-2000",
        "2000-1000 rw-p",                      /* backwards */
        "1000-1000 rw-p",                      /* empty */
        "10000000000000000-10000000000001000", /* more than 64 bits */
        "1000-10000000000000000",
        NULL};
    for (size_t i = 0; lines[i]; i++) {
        uint64_t start = 0, end = 0;
        assert_false(mapping(lines[i], &start, &end));
    }
}

static void a_path_makes_a_mapping_of_a_file(void **state)
{
    (void)state;
    assert_true(of_file("1000-2000 r--p 00000000 fe:01 77  /usr/lib/libc.so"));
    assert_true(of_file("1000-2000 r--p 00000000 fe:01 77  /opt/a [b]/c"));
    assert_true(of_file("1000-2000 r--p 0 fe:01 77  /dev/shmem-not"));
    assert_true(of_file("/"));
}

static void memory_without_a_file_on_disk_is_none(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "",
        "1000-2000 rw-p 00000000 00:00 0",
        "1000-2000 rw-p 00000000 00:00 0  [heap]",
        "1000-2000 rw-s 00000000 00:01 9  /memfd:arena (deleted)",
        "1000-2000 rw-s 00000000 00:01 9  /dev/zero (deleted)",
        "1000-2000 rw-s 00000000 00:1a 9  /dev/shm/queue",
        "1000-2000 rw-s 00000000 00:01 9  /SYSV00000000 (deleted)",
        "1000-2000 rw-s 00000000 00:10 9  /anon_hugepage (deleted)",
        "1000-2000 rw-p 00000000 00:00 0  [anon:arena/3]",
        "1000-2000 rw-s 00000000 00:01 9  [anon_shmem:arena/3]",
        NULL};
    for (size_t i = 0; lines[i]; i++) {
        assert_false(of_file(lines[i]));
    }
}

static void a_path_cut_short_is_not_read_past_its_end(void **state)
{
    (void)state;
    assert_true(of_file("1000-2000 rw-s 0 00:01 9  /memf"));
    assert_true(of_file("1000-2000 rw-s 0 00:01 9  /dev/zer"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kilobytes_become_bytes_and_plain_numbers_stay),
        cmocka_unit_test(a_key_is_found_at_the_start_of_a_line_alone),
        cmocka_unit_test(a_field_that_the_text_lacks_is_unknown_not_zero),
        cmocka_unit_test(a_line_without_its_number_is_unknown),
        cmocka_unit_test(a_last_line_that_may_be_cut_is_not_believed),
        cmocka_unit_test(a_unit_that_is_not_kilobytes_changes_nothing),
        cmocka_unit_test(a_number_that_does_not_fit_is_unknown),
        cmocka_unit_test(of_two_lines_with_one_key_the_first_counts),
        cmocka_unit_test(zero_bytes_in_a_text_are_bytes_like_others),
        cmocka_unit_test(many_fields_are_filled_from_one_text),
        cmocka_unit_test(the_second_number_of_statm_is_the_resident_pages),
        cmocka_unit_test(a_statm_that_is_none_is_unknown),
        cmocka_unit_test(a_line_of_maps_begins_with_its_addresses),
        cmocka_unit_test(a_line_without_a_range_is_no_mapping),
        cmocka_unit_test(a_path_makes_a_mapping_of_a_file),
        cmocka_unit_test(memory_without_a_file_on_disk_is_none),
        cmocka_unit_test(a_path_cut_short_is_not_read_past_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
