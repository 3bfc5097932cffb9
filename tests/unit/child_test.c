/* harness/child.c: what a worker is given, and how its end is judged. The
 * worker is a shell that does what a test wants; the test writes the report.
 */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "child.h"
#include "sample.h"

enum { LIMIT_MS = 60000 };

static struct child child;
static struct ending ending;

/* Starts a worker that does what the shell is told. The program stands
 * behind it, as behind every launcher: $0 there. */
static void start_with(const char *script, struct child_setup setup)
{
    struct reason reason = {""};
    const char *const launcher[] = {"/bin/sh", "-c", script, NULL};
    const struct order order = {.allocator = "a b", .kind = "k", .seed = 7};
    setup.launcher = launcher;
    setup.program = "/the/program";
    setup.cpu = -1;
    if (child_start(&child, &setup, &order, &reason) != STATUS_OK) {
        fail_msg("%s", reason.text);
    }
    assert_true(child.pid > 0);
}

static void start(const char *script)
{
    start_with(script, (struct child_setup){.aslr = true});
}

/* What a worker writes that came to its end. */
static void complete(enum status status, const char *reason)
{
    child.report->status = status;
    (void)snprintf(child.report->reason.text, sizeof child.report->reason.text,
                   "%s", reason);
    child.report->complete = true;
}

static void collect(void)
{
    child_collect(&child, &ending);
    assert_int_equal(child.pid, 0);
}

static void ends_as(enum outcome outcome, const char *part)
{
    assert_string_equal(outcome_names[ending.outcome], outcome_names[outcome]);
    assert_contains(ending.reason.text, part);
}

static int reset(void **state)
{
    (void)state;
    memset(&ending, 0xff, sizeof ending); /* what was there is forgotten */
    return 0;
}

static int release(void **state)
{
    (void)state;
    child_free(&child);
    assert_null(child.report);
    return 0;
}

/* ---- how an end is judged --------------------------------------------------
 */

static void a_worker_that_comes_to_its_end_is_ok(void **state)
{
    (void)state;
    start("exit 0");
    complete(STATUS_OK, "");
    collect();
    assert_int_equal(ending.outcome, OUTCOME_OK);
    assert_string_equal(ending.reason.text, "");
    assert_string_equal(ending.signal, "");
    assert_int_equal(ending.exit_status, 0);
}

static void a_reason_of_its_own_is_handed_on(void **state)
{
    (void)state;
    start("exit 0");
    complete(STATUS_UNSUPPORTED, "not here");
    collect();
    ends_as(OUTCOME_UNSUPPORTED, "not here");
}

/* A sanitizer, or a handler at exit, speaks by the exit status alone. */
static void an_exit_status_outweighs_a_whole_report(void **state)
{
    (void)state;
    start("echo at the end >&2; exit 66");
    complete(STATUS_OK, "");
    collect();
    ends_as(OUTCOME_FAILED, "exited early with status 66 in start-up: "
                            "at the end");
    assert_int_equal(ending.exit_status, 66);
}

static void a_signal_outweighs_a_whole_report(void **state)
{
    (void)state;
    start("kill -SEGV $$");
    complete(STATUS_OK, "");
    collect();
    ends_as(OUTCOME_CRASHED, "SIGSEGV (Segmentation fault) in start-up after "
                             "0 operations");
    assert_string_equal(ending.signal, "SIGSEGV");
    assert_int_equal(ending.exit_status, -1);
}

static void an_exit_without_a_whole_report_is_early(void **state)
{
    (void)state;
    start("exit 0");
    (void)snprintf(child.report->where, sizeof child.report->where, "fill");
    collect();
    ends_as(OUTCOME_FAILED, "exited early with status 0 in fill");
}

/* What an allocator wrote over the report is no figure. */
static void a_report_that_cannot_be_is_none(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        start("exit 0");
        complete(i == 0   ? STATUS_OK
                 : i == 1 ? STATUS_FAILED
                          : (enum status)(STATUS_UNSUPPORTED + 1),
                 i == 2 ? "a reason" : "");
        child.report->sample_count = i == 0 ? SAMPLE_CAPACITY + 1 : 0;
        collect();
        ends_as(OUTCOME_FAILED, "exited early with status 0");
        child_free(&child);
    }
}

static void texts_of_a_report_end_and_only_print(void **state)
{
    (void)state;
    start("exit 1");
    struct report *report = child.report;
    memset(report->where, '\n', sizeof report->where);
    memset(report->identity.library, 'x', sizeof report->identity.library);
    memset(report->proof.sha256, '\x1b', sizeof report->proof.sha256);
    memset((void *)&report->aslr, 0x5a, sizeof report->aslr);
    collect();
    assert_null(strchr(report->where, '\n'));
    assert_true(strlen(report->where) < sizeof report->where);
    assert_true(strlen(report->identity.library) <
                sizeof report->identity.library);
    assert_null(strchr(report->proof.sha256, '\x1b'));
    unsigned char flag;
    memcpy(&flag, &report->aslr, 1);
    assert_int_equal(flag, 1);
}

static void a_fault_is_told_with_its_address(void **state)
{
    (void)state;
    start("kill -BUS $$");
    child.report->fault_address = 0x5000;
    atomic_store(&child.report->operations, 12);
    collect();
    ends_as(OUTCOME_CRASHED, "at address 0x5000 in start-up after 12 op");
    assert_null(strstr(ending.reason.text, "NULL"));
    child_free(&child);
    start("kill -SEGV $$");
    child.report->fault_address = 8; /* a field of a block that is none */
    collect();
    ends_as(OUTCOME_CRASHED, "0x8 (an allocation that returned NULL?)");
}

/* There is no name for a signal of real time. */
static void a_signal_without_a_name_is_a_crash_too(void **state)
{
    (void)state;
    start("kill -40 $$");
    complete(STATUS_OK, "");
    collect();
    ends_as(OUTCOME_CRASHED, "SIG? (");
}

static void last_words_are_one_printable_line(void **state)
{
    (void)state;
    start("printf 'one\\ttwo\\000three\\n\\033[2Jfour\\n\\n' >&2; exit 1");
    collect();
    ends_as(OUTCOME_FAILED, ": one two three ?[2Jfour");
    const char *text = ending.reason.text;
    assert_int_equal(text[strlen(text) - 1], 'r');
}

static void of_many_words_the_last_are_kept(void **state)
{
    (void)state;
    start("i=0; while [ $i -lt 900 ]; do echo $i; i=$((i+1)); done >&2; "
          "kill -ABRT $$");
    collect();
    ends_as(OUTCOME_CRASHED, " 898 899");
    assert_null(strstr(ending.reason.text, " 100 "));
}

static void one_that_was_killed_says_so(void **state)
{
    (void)state;
    start("exec sleep 60");
    assert_true(child_resident(&child) > 0);
    assert_true(child_resident(&child) != UNKNOWN);
    child_kill(&child);
    collect();
    ends_as(OUTCOME_CRASHED, "SIGKILL");
    assert_int_equal(child_resident(&child), UNKNOWN);
}

static void its_end_can_be_waited_for(void **state)
{
    (void)state;
    start("exec sleep 60");
    struct pollfd fd = {.fd = child.pidfd, .events = POLLIN};
    assert_int_equal(poll(&fd, 1, 0), 0);
    child_kill(&child);
    assert_int_equal(poll(&fd, 1, LIMIT_MS), 1);
    collect();
}

/* ---- what it is given ------------------------------------------------------
 */

static void its_order_stands_behind_the_program(void **state)
{
    (void)state;
    start("printf '%s,' \"$0\" \"$@\" >&2; exit 1");
    collect();
    ends_as(OUTCOME_FAILED,
            ": /the/program,cell,allocator=a b,workload=,"
            "kind=k,after=,library=,version=,billed=,seed=7,settle_ns=0,");
}

static void it_moves_into_its_group_before_the_program_is_there(void **state)
{
    (void)state;
    char procs[] = "./giveback-procs-XXXXXX", text[8] = "";
    const int fd = mkstemp(procs);
    assert_true(fd >= 0);
    start_with("exit 1", (struct child_setup){.group_procs = procs});
    collect();
    assert_int_equal(pread(fd, text, sizeof text, 0), 1);
    assert_string_equal(text, "0"); /* cgroups(7): whoever writes it */
    assert_int_equal(unlink(procs), 0);
    assert_int_equal(close(fd), 0);
    start_with("exit 1", (struct child_setup){.group_procs = procs});
    collect(); /* gone meanwhile: it runs where it is */
    ends_as(OUTCOME_FAILED, "status 1");
}

static void its_environment_is_fixed(void **state)
{
    (void)state;
    assert_int_equal(setenv("GIVEBACK_UNIT_SECRET", "x", 1), 0);
    /* PWD and others are the shell's own. */
    start("echo \"$PATH $LC_ALL $GLIBC_TUNABLES $HOME$GIVEBACK_UNIT_SECRET "
          "$(pwd)\" >&2; exit 1");
    collect();
    ends_as(OUTCOME_FAILED, ": /usr/bin:/bin C "
                            "glibc.rtld.optional_static_tls=16384  /");
    assert_int_equal(unsetenv("GIVEBACK_UNIT_SECRET"), 0);
}

static void tunables_of_a_variant_are_added_to_ours(void **state)
{
    (void)state;
    static const char *const environment[] = {
        "MALLOC_CONF=dirty:0", "GLIBC_TUNABLES=glibc.malloc.mxfast=0", NULL};
    start_with("echo \"$GLIBC_TUNABLES $MALLOC_CONF\" >&2; exit 1",
               (struct child_setup){.environment = environment});
    collect();
    ends_as(OUTCOME_FAILED, ": glibc.rtld.optional_static_tls=16384:"
                            "glibc.malloc.mxfast=0 dirty:0");
}

/* Standard input and output lead nowhere; the report and the turns are 3 and
 * 4; ls has a descriptor for the folder that it reads. */
static void only_its_own_descriptors_are_open(void **state)
{
    (void)state;
    start("cat; echo lost; set -- $(ls /proc/self/fd); echo $* >&2; "
          "readlink /proc/self/fd/0 /proc/self/fd/3 >&2; exit 1");
    collect();
    ends_as(OUTCOME_FAILED, ": 0 1 2 3 4 5 /dev/null /memfd:giveback-report");
}

static void it_leads_a_group_that_no_key_ends(void **state)
{
    (void)state;
    start("exec sleep 60");
    /* Set before exec, perhaps not yet. */
    for (int i = 0; i < LIMIT_MS && getpgid(child.pid) != child.pid; i++) {
        assert_int_equal(poll(NULL, 0, 1), 0);
    }
    assert_int_equal(getpgid(child.pid), child.pid);
    child_kill(&child);
    collect();
}

/* ---- what cannot be started ------------------------------------------------
 */

static unsigned count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    unsigned count = 0;
    assert_non_null(folder);
    while (readdir(folder)) {
        count++;
    }
    assert_int_equal(closedir(folder), 0);
    return count;
}

static void a_program_that_is_not_there_is_named(void **state)
{
    (void)state;
    struct reason reason = {""};
    const char *const none[] = {NULL};
    const struct order order = {.allocator = "a"};
    const struct child_setup setup = {
        .program = "/there/is/none", .launcher = none, .cpu = -1};
    assert_int_equal(child_start(&child, &setup, &order, &reason), STATUS_OK);
    collect();
    ends_as(OUTCOME_FAILED, "exited early with status 127 in start-up: "
                            "/there/is/none: No such file or directory");
}

/* Ever more may be opened: each way out is taken. */
static void without_descriptors_it_fails_and_leaves_none(void **state)
{
    (void)state;
    struct rlimit limit, few;
    struct reason reason;
    unsigned failures = 0;
    const struct order order = {.allocator = "a"};
    const struct child_setup setup = {.program = "/bin/true", .cpu = -1};
    const unsigned before = count_descriptors();
    const int lowest = dup(STDERR_FILENO);
    assert_int_equal(close(lowest), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    few = limit;
    for (rlim_t more = 0; more < 12; more++) {
        few.rlim_cur = (rlim_t)lowest + more;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
        const enum status status =
            child_start(&child, &setup, &order, &reason);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
        if (status == STATUS_OK) {
            collect(); /* the worker has too few for its own */
            ends_as(OUTCOME_FAILED, "in start-up: /bin/true: ");
            child_free(&child);
        } else {
            assert_contains(reason.text, "a worker cannot be started: Too "
                                         "many open files");
            assert_int_equal(child.pid, 0);
            assert_null(child.report);
            failures++;
        }
        assert_int_equal(count_descriptors(), before);
    }
    /* Three files, a pair of sockets, the worker's own. */
    assert_in_range(failures, 6, 11);
}

#define child_test(function)                                                  \
    cmocka_unit_test_setup_teardown(function, reset, release)

int main(void)
{
    const struct CMUnitTest tests[] = {
        child_test(a_worker_that_comes_to_its_end_is_ok),
        child_test(a_reason_of_its_own_is_handed_on),
        child_test(an_exit_status_outweighs_a_whole_report),
        child_test(a_signal_outweighs_a_whole_report),
        child_test(an_exit_without_a_whole_report_is_early),
        child_test(a_report_that_cannot_be_is_none),
        child_test(texts_of_a_report_end_and_only_print),
        child_test(a_fault_is_told_with_its_address),
        child_test(a_signal_without_a_name_is_a_crash_too),
        child_test(last_words_are_one_printable_line),
        child_test(of_many_words_the_last_are_kept),
        child_test(one_that_was_killed_says_so),
        child_test(its_end_can_be_waited_for),
        child_test(its_order_stands_behind_the_program),
        child_test(it_moves_into_its_group_before_the_program_is_there),
        child_test(its_environment_is_fixed),
        child_test(tunables_of_a_variant_are_added_to_ours),
        child_test(only_its_own_descriptors_are_open),
        child_test(it_leads_a_group_that_no_key_ends),
        child_test(a_program_that_is_not_there_is_named),
        cmocka_unit_test_setup(without_descriptors_it_fails_and_leaves_none,
                               reset),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
