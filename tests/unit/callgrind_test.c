/* harness/callgrind.c: from callgrind's text to the counts of phases. */
#include "unit.h"

#include "callgrind.h"

static struct report report;

static int two_phases(void **state)
{
    (void)state;
    memset(&report, 0, sizeof report);
    report.sample_count = 2;
    strcpy(report.samples[0].phase, "fill");
    strcpy(report.samples[1].phase, "drain");
    return 0;
}

#define PART(trigger, count)                                                  \
    "part: 1\n\ndesc: Trigger: " trigger "\n\npositions: line\nevents: Ir\n"  \
    "summary: " count "\n\nfn=(1) malloc\n0 5\n"
#define FILL  PART("Client Request: fill", "123456789012")
#define DRAIN PART("Client Request: drain", "7")
#define END   PART("Program termination", "99")

static enum status read_text(const char *text, struct reason *reason)
{
    reason->text[0] = '\0';
    return callgrind_read(text, strlen(text), &report, reason);
}

static void every_phase_gets_the_count_of_its_part(void **state)
{
    (void)state;
    struct reason reason;
    assert_int_equal(read_text("# callgrind format\n" FILL DRAIN END, &reason),
                     STATUS_OK);
    assert_true(report.samples[0].instructions == UINT64_C(123456789012));
    assert_int_equal(report.samples[1].instructions, 7);
}

static void what_follows_the_last_phase_is_left_out(void **state)
{
    (void)state;
    struct reason reason;
    assert_int_equal(read_text(FILL DRAIN END "totals: 1\n", &reason),
                     STATUS_OK);
    assert_int_equal(report.samples[1].instructions, 7);
}

static void output_that_does_not_fit_the_phases_is_a_failure(void **state)
{
    static const char *const texts[] = {
        "",
        FILL,
        FILL END,
        DRAIN FILL,
        FILL FILL DRAIN,
        FILL DRAIN DRAIN,
        FILL PART("Client Request: drain", "-1"),
        FILL PART("Client Request: drain", ""),
        FILL PART("Client Request: drain", "1234567890123456789012345"),
        FILL PART("Client Request: drain", "18446744073709551615"),
        FILL PART("Client Request: drain", "7K"),
        FILL PART("Client Request: drain", "7 8"),
        FILL PART("Client Request: drai", "7"),
        FILL PART("Client Request: drained", "7"),
        FILL PART("Client Request: drawn", "7"),
        FILL "desc: Trigger: Client Request: drain\n",
    };
    struct reason reason;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        (void)two_phases(state);
        assert_int_equal(read_text(texts[i], &reason), STATUS_FAILED);
        assert_contains(reason.text, "not the 2 that there were");
    }
}

static void a_cut_text_is_read_to_its_end_and_no_further(void **state)
{
    static const char whole[] = FILL DRAIN;
    for (size_t length = 0; length < sizeof whole; length++) {
        (void)two_phases(state);
        char *text = malloc(length + 1);
        struct reason reason;
        assert_non_null(text);
        memcpy(text, whole, length);
        const enum status status =
            callgrind_read(text, length, &report, &reason);
        const bool has_all =
            length >= (size_t)(strstr(whole, "7\n") + 1 - whole);
        assert_int_equal(status, has_all ? STATUS_OK : STATUS_FAILED);
        free(text);
    }
}

/* ---- starting -------------------------------------------------------------
 */

static void the_words_follow_those_of_a_launcher(void **state)
{
    (void)state;
    static const char *const launcher[] = {"/bin/env", "A=1", NULL};
    struct callgrind callgrind;
    struct reason reason = {""};
    const enum status status = callgrind_begin(&callgrind, launcher, &reason);
    if (status == STATUS_UNSUPPORTED) {
        assert_contains(reason.text, "valgrind");
        callgrind_end(&callgrind);
        print_message("%s\n", reason.text);
        skip();
    }
    assert_int_equal(status, STATUS_OK);
    assert_string_equal(callgrind.launcher[0], "/bin/env");
    assert_string_equal(callgrind.launcher[1], "A=1");
    assert_contains(callgrind.launcher[2], "/valgrind");
    assert_string_equal(callgrind.launcher[3], "--tool=callgrind");
    callgrind_end(&callgrind);
}

static void without_valgrind_the_reason_names_the_package(void **state)
{
    (void)state;
    const char *own = getenv("PATH");
    char *path = strdup(own ? own : "");
    struct callgrind callgrind;
    struct reason reason = {""};
    assert_non_null(path);
    /* A folder that a worker would not find from where it starts. */
    assert_int_equal(setenv("PATH", ".:/nowhere", 1), 0);
    assert_int_equal(callgrind_begin(&callgrind, NULL, &reason),
                     STATUS_UNSUPPORTED);
    assert_contains(reason.text, "install");
    assert_contains(reason.text, "valgrind (scripts/setup does)");
    callgrind_end(&callgrind);
    assert_int_equal(setenv("PATH", path, 1), 0);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_phase_gets_the_count_of_its_part,
                               two_phases),
        cmocka_unit_test_setup(what_follows_the_last_phase_is_left_out,
                               two_phases),
        cmocka_unit_test(output_that_does_not_fit_the_phases_is_a_failure),
        cmocka_unit_test(a_cut_text_is_read_to_its_end_and_no_further),
        cmocka_unit_test(the_words_follow_those_of_a_launcher),
        cmocka_unit_test(without_valgrind_the_reason_names_the_package),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
