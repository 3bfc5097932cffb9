/* The report as a file that two processes map. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "report.h"

static int file_of(size_t bytes)
{
    const int fd = memfd_create("report", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
    return fd;
}

static void both_see_what_one_writes(void **state)
{
    (void)state;
    const int fd = file_of(0);
    assert_true(report_size(fd));
    struct report *parent = report_map(fd);
    struct report *worker = report_map(fd);
    assert_non_null(parent);
    assert_non_null(worker);
    worker->sample_count = 7;
    worker->snapshots[SNAPSHOT_BYTES - 1] = 'x';
    assert_int_equal(parent->sample_count, 7);
    assert_int_equal(parent->snapshots[SNAPSHOT_BYTES - 1], 'x');
    report_unmap(parent);
    report_unmap(worker);
    (void)close(fd);
}

/* Under a limit on file sizes: everything but units and snapshots arrives. */
static void without_room_units_and_snapshots_are_lost(void **state)
{
    (void)state;
    const int fd = file_of(offsetof(struct report, units_used));
    struct report *parent = report_map(fd);
    struct report *worker = report_map(fd);
    memset(worker->snapshots, 'x', sizeof worker->snapshots);
    worker->units[UNIT_CAPACITY - 1].dead_pages = 5;
    worker->sample_count = 7;
    assert_int_equal(parent->sample_count, 7);
    assert_int_equal(parent->units[UNIT_CAPACITY - 1].dead_pages, 0);
    assert_int_equal(parent->snapshots[SNAPSHOT_BYTES - 1], 0);
    report_unmap(parent);
    report_unmap(worker);
    (void)close(fd);
}

static void what_is_no_report_is_not_mapped(void **state)
{
    (void)state;
    const size_t sizes[] = {0, offsetof(struct report, units_used) - 1,
                            sizeof(struct report) + 1};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const int fd = file_of(sizes[i]);
        assert_null(report_map(fd));
        (void)close(fd);
    }
    assert_null(report_map(-1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_see_what_one_writes),
        cmocka_unit_test(without_room_units_and_snapshots_are_lost),
        cmocka_unit_test(what_is_no_report_is_not_mapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
