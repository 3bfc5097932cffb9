/* harness/caveats.c: what is said of a host before figures are made on it,
 * and that a good host is not spoken of. */
#include "unit.h"

#include <sys/mman.h>
#include <unistd.h>

#include "caveats.h"
#include "sample.h"

static char said[4096];

/* What is printed of the machine, into `said`. */
static void print(const struct machine *machine)
{
    const int fd = memfd_create("caveats", MFD_CLOEXEC);
    (void)fflush(stderr);
    const int kept = dup(STDERR_FILENO);
    assert_true(fd >= 0 && kept >= 0 && dup2(fd, STDERR_FILENO) >= 0);
    caveats_print(machine);
    (void)fflush(stderr);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    const ssize_t length = pread(fd, said, sizeof said - 1, 0);
    said[length > 0 ? length : 0] = '\0';
    assert_int_equal(close(kept), 0);
    assert_int_equal(close(fd), 0);
}

static struct machine good(void)
{
    return (struct machine){
        .thp = "madvise",
        .cores = 4,
        .page_bytes = 4096,
        .available_bytes = UINT64_C(1) << 34,
        .swap_bytes = 0,
        .cgroup_memory_limit_bytes = UNKNOWN,
        .cgroup_memory_used_bytes = UNKNOWN,
        .cgroup_cpu_quota_us = UNKNOWN,
        .cgroup_cpu_period_us = UNKNOWN,
    };
}

static void says_one_line_with(const struct machine *machine, const char *part)
{
    print(machine);
    assert_contains(said, part);
    assert_int_equal(strncmp(said, "giveback run: ", 14), 0);
    assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
}

static void says_nothing(const struct machine *machine)
{
    print(machine);
    assert_string_equal(said, "");
}

static void of_a_good_host_nothing_is_said(void **state)
{
    (void)state;
    const struct machine machine = good();
    says_nothing(&machine);
}

static void pages_in_swap_are_told_in_mebibytes(void **state)
{
    (void)state;
    struct machine machine = good();
    machine.swap_bytes = 3 << 20;
    says_one_line_with(&machine, " 3 MiB are swapped out");
    machine.swap_bytes = UNKNOWN;
    says_nothing(&machine);
}

static void a_quota_below_the_cpus_is_told(void **state)
{
    (void)state;
    struct machine machine = good();
    machine.cgroup_cpu_quota_us = 150000;
    machine.cgroup_cpu_period_us = 100000;
    says_one_line_with(&machine, "may use 1.50 of 4 CPUs");
    machine.cgroup_cpu_quota_us = 399999; /* rounded, and a limit still */
    says_one_line_with(&machine, "of 4 CPUs");
    machine.cgroup_cpu_quota_us = 400000;
    says_nothing(&machine);
    machine.cgroup_cpu_quota_us = 1;
    machine.cores = UNKNOWN;
    says_nothing(&machine);
}

static void one_cpu_is_told(void **state)
{
    (void)state;
    struct machine machine = good();
    machine.cores = 1;
    says_one_line_with(&machine, "one CPU: ");
}

static void huge_pages_for_all_are_told_with_the_remedy(void **state)
{
    (void)state;
    struct machine machine = good();
    (void)snprintf(machine.thp, sizeof machine.thp, "%s", "always");
    says_one_line_with(&machine, "+thp=off");
    (void)snprintf(machine.thp, sizeof machine.thp, "%s", "never");
    says_nothing(&machine);
    machine.thp[0] = '\0'; /* not told */
    says_nothing(&machine);
}

static void other_pages_are_told(void **state)
{
    (void)state;
    struct machine machine = good();
    machine.page_bytes = 16384;
    says_one_line_with(&machine, "pages have not 4096 bytes");
}

static void a_host_that_hides_its_memory_sets_no_limit(void **state)
{
    (void)state;
    struct machine machine = good();
    machine.available_bytes = UNKNOWN;
    says_one_line_with(&machine, "not held to any limit");
    machine.cgroup_memory_limit_bytes = 1 << 30; /* that is one */
    says_nothing(&machine);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_a_good_host_nothing_is_said),
        cmocka_unit_test(pages_in_swap_are_told_in_mebibytes),
        cmocka_unit_test(a_quota_below_the_cpus_is_told),
        cmocka_unit_test(one_cpu_is_told),
        cmocka_unit_test(huge_pages_for_all_are_told_with_the_remedy),
        cmocka_unit_test(other_pages_are_told),
        cmocka_unit_test(a_host_that_hides_its_memory_sets_no_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
