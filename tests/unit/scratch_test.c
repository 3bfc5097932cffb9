/* harness/scratch.c: the harness's own memory. */
#include "unit.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "scratch.h"

static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static char *map(size_t bytes)
{
    struct reason reason = {""};
    char *start = scratch_map(bytes, &reason);
    assert_non_null(start);
    assert_string_equal(reason.text, "");
    return start;
}

static void scratch_is_zeroed_aligned_and_writable_to_its_end(void **state)
{
    (void)state;
    const size_t bytes = 3 * page_bytes() + 17;
    char *start = map(bytes);
    assert_int_equal((uintptr_t)start % page_bytes(), 0);
    for (size_t i = 0; i < bytes; i++) {
        assert_int_equal(start[i], 0);
        start[i] = (char)i;
    }
}

static void every_page_is_resident_before_it_is_touched(void **state)
{
    (void)state;
    enum { PAGES = 300 };
    unsigned char resident[PAGES];
    char *start = map(PAGES * page_bytes());
    assert_int_equal(mincore(start, PAGES * page_bytes(), resident), 0);
    for (size_t i = 0; i < PAGES; i++) {
        assert_int_equal(resident[i] & 1, 1);
    }
}

/* Ends by the signal of a wild access, or with 0 if it was allowed. */
static bool write_kills(char *address)
{
    const pid_t pid = fork();
    if (pid == 0) {
        /* Neither a sanitizer nor cmocka shall handle it. */
        (void)signal(SIGSEGV, SIG_DFL);
        *(volatile char *)address = 1;
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV;
}

static void a_page_on_either_side_guards_it(void **state)
{
    (void)state;
    char *start = map(2 * page_bytes());
    assert_false(write_kills(start));
    assert_false(write_kills(start + 2 * page_bytes() - 1));
    assert_true(write_kills(start - 1));
    assert_true(write_kills(start + 2 * page_bytes()));
}

static void it_holds_its_own_pages_and_nothing_else(void **state)
{
    (void)state;
    int own = 0;
    const uint64_t page = page_bytes();
    const uint64_t start = (uint64_t)(uintptr_t)map(page + 1); /* two pages */
    assert_true(scratch_holds(start));
    assert_true(scratch_holds(start + 2 * page - 1));
    assert_false(scratch_holds(start - 1)); /* guard pages hold nothing */
    assert_false(scratch_holds(start + 2 * page));
    assert_false(scratch_holds((uint64_t)(uintptr_t)&own));
    assert_false(scratch_holds(0));
    assert_false(scratch_holds(UINT64_MAX));
}

static void its_bytes_add_up_without_the_guards(void **state)
{
    (void)state;
    const uint64_t before = scratch_bytes();
    (void)map(1);
    assert_int_equal(scratch_bytes() - before, page_bytes());
    (void)map(page_bytes());
    assert_int_equal(scratch_bytes() - before, 2 * page_bytes());
    (void)map(page_bytes() + 1);
    assert_int_equal(scratch_bytes() - before, 4 * page_bytes());
}

static void adopted_memory_counts_as_scratch(void **state)
{
    (void)state;
    static char adopted[100];
    const uint64_t start = (uint64_t)(uintptr_t)adopted;
    const uint64_t before = scratch_bytes();
    assert_false(scratch_holds(start));
    scratch_adopt(adopted, sizeof adopted);
    assert_true(scratch_holds(start));
    assert_true(scratch_holds(start + 99));
    assert_false(scratch_holds(start + 100));
    assert_false(scratch_holds(start - 1));
    assert_int_equal(scratch_bytes() - before, 100);
}

static void sizes_that_no_machine_has_are_refused_in_words(void **state)
{
    (void)state;
    const size_t sizes[] = {SIZE_MAX, SIZE_MAX - page_bytes(),
                            SIZE_MAX - 2 * page_bytes(), SIZE_MAX / 2,
                            (size_t)1 << 62};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct reason reason = {""};
        char size[32];
        const uint64_t before = scratch_bytes();
        assert_null(scratch_map(sizes[i], &reason));
        (void)snprintf(size, sizeof size, "%zu bytes", sizes[i]);
        assert_contains(reason.text, size);
        assert_int_equal(scratch_bytes(), before);
    }
}

static void scratch_beyond_the_limit_is_refused_with_the_remedy(void **state)
{
    (void)state;
    struct reason reason = {""};
    const uint64_t used = scratch_bytes();
    scratch_limit(used + 2 * page_bytes());
    assert_null(scratch_map(2 * page_bytes() + 1, &reason));
    assert_contains(reason.text, "ask for fewer objects");
    assert_int_equal(scratch_bytes(), used);
    assert_non_null(scratch_map(2 * page_bytes(), &reason));
    assert_null(scratch_map(1, &reason)); /* all is used */
    scratch_limit(0);
    assert_null(scratch_map(1, &reason));
    scratch_limit(UINT64_MAX);
    (void)map(1);
}

/* Last: it uses the table up. */
static void more_regions_than_the_table_holds_are_refused(void **state)
{
    (void)state;
    struct reason reason = {""};
    size_t count = 0;
    while (scratch_map(1, &reason)) {
        count++;
        assert_true(count < 10000);
    }
    assert_true(count > 100);
    assert_contains(reason.text, "too much");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scratch_is_zeroed_aligned_and_writable_to_its_end),
        cmocka_unit_test(every_page_is_resident_before_it_is_touched),
        cmocka_unit_test(a_page_on_either_side_guards_it),
        cmocka_unit_test(it_holds_its_own_pages_and_nothing_else),
        cmocka_unit_test(its_bytes_add_up_without_the_guards),
        cmocka_unit_test(adopted_memory_counts_as_scratch),
        cmocka_unit_test(sizes_that_no_machine_has_are_refused_in_words),
        cmocka_unit_test(scratch_beyond_the_limit_is_refused_with_the_remedy),
        cmocka_unit_test(more_regions_than_the_table_holds_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
