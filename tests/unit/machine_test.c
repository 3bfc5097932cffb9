/* harness/machine.c: what it reads of this host makes sense. Where the kernel
 * does not tell, a figure is UNKNOWN and a text empty. */
#include "unit.h"

#include <sched.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "machine.h"
#include "sample.h"

static struct machine machine;

static int read_once(void **state)
{
    (void)state;
    memset(&machine, 0xff, sizeof machine); /* what was there is forgotten */
    machine_read(&machine);
    return 0;
}

static void memory_and_pages_are_those_of_the_system(void **state)
{
    (void)state;
    assert_int_equal(machine.page_bytes, sysconf(_SC_PAGESIZE));
    const uint64_t physical =
        (uint64_t)sysconf(_SC_PHYS_PAGES) * machine.page_bytes;
    assert_int_equal(machine.memory_bytes, physical);
    assert_in_range(machine.available_bytes, 1, machine.memory_bytes);
    /* In use, so never more than there is: 1 TiB is no swap in use here. */
    assert_true(machine.swap_bytes < UINT64_C(1) << 40 ||
                machine.swap_bytes == UNKNOWN);
}

static void kernel_and_libc_are_named(void **state)
{
    (void)state;
    struct utsname name;
    assert_int_equal(uname(&name), 0);
    assert_string_equal(machine.kernel, name.release);
    assert_int_equal(strncmp(machine.libc, "glibc 2.", 8), 0);
    assert_null(strchr(machine.cpu, '\n'));
}

static void cores_are_those_that_may_be_used(void **state)
{
    (void)state;
    cpu_set_t allowed;
    assert_int_equal(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    assert_int_equal(machine.cores, CPU_COUNT(&allowed));
}

static void worker_and_parent_have_different_cpus_or_no_choice(void **state)
{
    (void)state;
    cpu_set_t allowed;
    assert_int_equal(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    if (machine.worker_cpu < 0) {
        assert_int_equal(machine.worker_cpu, -1);
        assert_int_equal(machine.parent_cpu, -1);
        return;
    }
    assert_true(machine.parent_cpu >= 0);
    assert_int_not_equal(machine.worker_cpu, machine.parent_cpu);
    assert_true(CPU_ISSET((size_t)machine.worker_cpu, &allowed));
    assert_true(CPU_ISSET((size_t)machine.parent_cpu, &allowed));
}

static void on_a_single_cpu_there_is_nothing_to_choose(void **state)
{
    (void)state;
    cpu_set_t allowed, single;
    size_t cpu = 0;
    assert_int_equal(sched_getaffinity(0, sizeof allowed, &allowed), 0);
    while (!CPU_ISSET(cpu, &allowed)) {
        cpu++;
    }
    CPU_ZERO(&single);
    CPU_SET(cpu, &single);
    assert_int_equal(sched_setaffinity(0, sizeof single, &single), 0);
    struct machine narrow;
    machine_read(&narrow);
    assert_int_equal(sched_setaffinity(0, sizeof allowed, &allowed), 0);
    assert_int_equal(narrow.cores, 1);
    assert_int_equal(narrow.worker_cpu, -1);
    assert_int_equal(narrow.parent_cpu, -1);
}

static void the_huge_page_mode_is_one_of_three_words(void **state)
{
    (void)state;
    static const char *const words[] = {"", "always", "madvise", "never"};
    bool found = false;
    for (size_t i = 0; i < 4; i++) {
        found |= strcmp(machine.thp, words[i]) == 0;
    }
    assert_true(found);
    assert_true(machine.khugepaged_defrag <= 1 ||
                machine.khugepaged_defrag == UNKNOWN);
    assert_true(machine.aslr <= 2 || machine.aslr == UNKNOWN);
}

/* machine-id(5): the id itself is not to be shown. */
static void the_machines_id_is_told_by_its_hash_alone(void **state)
{
    (void)state;
    char id[64] = "";
    FILE *file = fopen("/etc/machine-id", "re");
    if (file) {
        const bool read = fgets(id, sizeof id, file) != NULL;
        assert_int_equal(fclose(file), 0);
        id[read ? strcspn(id, "\n") : 0] = '\0';
    }
    if (id[0] == '\0') {
        assert_string_equal(machine.machine_id, "");
        return;
    }
    assert_int_equal(strlen(machine.machine_id), 64);
    assert_int_equal(strspn(machine.machine_id, "0123456789abcdef"), 64);
    assert_null(strstr(machine.machine_id, id));
}

static void the_load_is_three_numbers_or_unknown(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_true(machine.load[i] >= 0 || machine.load[i] == -1);
        assert_true(machine.load[i] < 1e6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_and_pages_are_those_of_the_system),
        cmocka_unit_test(kernel_and_libc_are_named),
        cmocka_unit_test(cores_are_those_that_may_be_used),
        cmocka_unit_test(worker_and_parent_have_different_cpus_or_no_choice),
        cmocka_unit_test(on_a_single_cpu_there_is_nothing_to_choose),
        cmocka_unit_test(the_huge_page_mode_is_one_of_three_words),
        cmocka_unit_test(the_machines_id_is_told_by_its_hash_alone),
        cmocka_unit_test(the_load_is_three_numbers_or_unknown),
    };
    return cmocka_run_group_tests(tests, read_once, NULL);
}
