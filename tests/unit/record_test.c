/* harness/record.c and encode.c: what stands in a result file. */
#include "record_fixture.h"

/* ---- what is written -------------------------------------------------------
 */

static void the_first_line_is_the_run(void **state)
{
    struct fixture *fixture = *state;
    create(fixture);
    json_t *run = line_of(fixture, 0);
    assert_int_equal(count_lines(fixture), 1);
    assert_word(run, "type", "run");
    assert_word(run, "id", fixture->record.id);
    assert_number(run, "schema", 1);
    assert_number(run, "seed", 11);
    assert_number(run, "repetitions", 2);
    assert_number(run, "memory_limit_bytes", 1 << 20);
    const json_t *words = json_object_get(run, "command");
    assert_int_equal(json_array_size(words), 3);
    assert_string_equal(json_string_value(json_array_get(words, 2)),
                        "--quick");
    const json_t *rows = json_object_get(run, "allocators");
    assert_int_equal(json_array_size(rows), 3);
    const json_t *two = json_array_get(rows, 1);
    assert_word(two, "allocator", "two");
    assert_word(two, "address", "two=null+thp=off");
    assert_word(json_object_get(two, "options"), "thp", "off");
    assert_null_at(two, "library");
    assert_null_at(two, "second_of");
    assert_word(json_array_get(rows, 2), "allocator", "bump#2");
    assert_word(json_array_get(rows, 2), "second_of", "bump");
    json_decref(run);
}

static void what_the_host_does_not_tell_is_null(void **state)
{
    struct fixture *fixture = *state;
    create(fixture);
    json_t *run = line_of(fixture, 0);
    const json_t *host = json_object_get(run, "host");
    assert_null_at(host, "memory_bytes");
    assert_null_at(host, "cpu");
    assert_null_at(host, "governor");
    assert_number(host, "swap_bytes", 0); /* known, and none */
    const json_t *load = json_object_get(host, "load");
    assert_true(json_real_value(json_array_get(load, 0)) == 0.5);
    assert_true(json_is_null(json_array_get(load, 1)));
    json_decref(run);
}

static void a_cell_says_which_one_it_is(void **state)
{
    struct fixture *fixture = *state;
    create(fixture);
    append(fixture, 0);
    const struct cell *planned = &fixture->plan.cells[0];
    json_t *cell = line_of(fixture, 1);
    assert_word(cell, "type", "cell");
    assert_word(cell, "run", fixture->record.id);
    assert_word(cell, "allocator", planned->allocator->chosen.label);
    assert_word(cell, "workload", "fill_drain");
    assert_word(cell, "kind", "memory");
    assert_word(cell, "after", "silent");
    assert_null_at(cell, "requests_per_s");
    assert_null_at(cell, "request_mix");
    assert_number(cell, "repetition", 0);
    assert_number(cell, "seed", 11);
    assert_number(cell, "position", 0);
    const json_t *parameters = json_object_get(cell, "parameters");
    assert_number(parameters, "objects", 10);
    assert_word(parameters, "order", "fifo");
    assert_word(parameters, "start", "warm");
    json_decref(cell);
}

static void figures_are_raw_integers_and_unknown_ones_null(void **state)
{
    struct fixture *fixture = *state;
    create(fixture);
    append(fixture, 0);
    json_t *cell = line_of(fixture, 1);
    assert_word(cell, "outcome", "ok");
    assert_null_at(cell, "reason");
    assert_number(cell, "peak_rss_bytes", 77);
    const json_t *base = json_object_get(cell, "base");
    assert_number(base, "rss_bytes", 1000);
    assert_number(base, "scratch_bytes", 78);
    assert_null_at(base, "anon_bytes");
    const json_t *samples = json_object_get(cell, "samples");
    assert_int_equal(json_array_size(samples), 2);
    const json_t *fill = json_array_get(samples, 0);
    assert_word(fill, "phase", "fill");
    assert_null_at(fill, "since_drain_ns");
    assert_number(fill, "operations", 10);
    assert_number(fill, "cpu_ns", 2);
    assert_number(fill, "rss_bytes", (INT64_C(1) << 53) + 1);
    assert_null_at(fill, "pages");
    assert_null_at(json_object_get(fill, "self"), "arena_bytes");
    const json_t *drain = json_array_get(samples, 1);
    assert_number(drain, "since_drain_ns", 0);
    const json_t *pages = json_object_get(drain, "pages");
    assert_number(pages, "dead_bytes", 32768);
    assert_number(json_object_get(pages, "granules"), "4096", 1);
    assert_number(json_object_get(pages, "granules"), "2097152", 8);
    const json_t *map = json_object_get(pages, "map");
    const json_t *stretches = json_object_get(map, "stretches");
    assert_number(map, "unit_bytes", 16384);
    assert_int_equal(json_array_size(stretches), 2);
    assert_string_equal(json_string_value(json_array_get(stretches, 0)),
                        "70:4+0*2 3+1");
    assert_string_equal(json_string_value(json_array_get(stretches, 1)),
                        "80:0+7");
    json_decref(cell);
}

static void a_map_that_was_lost_or_is_another_is_null(void **state)
{
    struct fixture *fixture = *state;
    struct pages *pages = &fixture->report.samples[1].pages;
    const struct pages whole = *pages;
    const struct pages wrong[] = {
        {whole.live_bytes + 4096, whole.dead_bytes, {0}, 1, 4, 16384},
        {whole.live_bytes, whole.dead_bytes + 4096, {0}, 1, 4, 16384},
        {whole.live_bytes, whole.dead_bytes, {0}, UNKNOWN, 4, 16384},
        {whole.live_bytes, whole.dead_bytes, {0}, 1, UNKNOWN, UNKNOWN},
        {whole.live_bytes, whole.dead_bytes, {0}, 1, PAGE_UNITS + 1, 16384},
        {0, 0, {0}, UNIT_CAPACITY, 1, 16384},
        {whole.live_bytes, whole.dead_bytes, {0}, 2, 4, 16384},
    };
    create(fixture);
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        *pages = wrong[i];
        append(fixture, 0);
        json_t *cell = line_of(fixture, i + 1);
        const json_t *drain =
            json_array_get(json_object_get(cell, "samples"), 1);
        assert_null_at(json_object_get(drain, "pages"), "map");
        json_decref(cell);
    }
}

static void a_timeline_counts_from_the_last_release_and_the_base(void **state)
{
    struct fixture *fixture = *state;
    static const json_int_t expected[3][3] = {
        {-1000, 0, 4000}, {0, 4096, -512}, {0, 160, 0}};
    static const char *const keys[] = {"t_ns", "resident_bytes", "live_bytes"};
    create(fixture);
    append(fixture, 0);
    json_t *cell = line_of(fixture, 1);
    const json_t *timeline = json_object_get(cell, "timeline");
    for (size_t i = 0; i < 3; i++) {
        const json_t *array = json_object_get(timeline, keys[i]);
        assert_int_equal(json_array_size(array), 3);
        for (size_t j = 0; j < 3; j++) {
            assert_int_equal(json_integer_value(json_array_get(array, j)),
                             expected[i][j]);
        }
    }
    json_decref(cell);
}

static void without_a_base_there_is_no_timeline(void **state)
{
    struct fixture *fixture = *state;
    create(fixture);
    fixture->report.base.statm_rss_bytes = UNKNOWN;
    append(fixture, 0);
    json_t *cell = line_of(fixture, 1);
    assert_null_at(cell, "timeline");
    json_decref(cell);
}

static void a_cell_that_is_not_ok_has_a_reason_and_no_figures(void **state)
{
    static const enum outcome outcomes[] = {OUTCOME_UNSUPPORTED,
                                            OUTCOME_FAILED, OUTCOME_CRASHED,
                                            OUTCOME_TIMED_OUT};
    struct fixture *fixture = *state;
    create(fixture);
    for (unsigned i = 0; i < 4; i++) {
        fixture->ending = (struct ending){.outcome = outcomes[i],
                                          .reason = {"what went wrong"},
                                          .exit_status = -1,
                                          .signal = "SIGSEGV"};
        append(fixture, i);
        json_t *cell = line_of(fixture, i + 1);
        assert_word(cell, "outcome", outcome_names[outcomes[i]]);
        assert_word(cell, "reason", "what went wrong");
        assert_word(cell, "signal", "SIGSEGV");
        assert_null_at(cell, "exit_status");
        assert_null_at(cell, "base");
        assert_null_at(cell, "peak_rss_bytes");
        assert_null_at(cell, "counter_inexact");
        assert_null_at(cell, "timeline");
        assert_int_equal(json_array_size(json_object_get(cell, "samples")), 0);
        json_decref(cell);
    }
}

static void a_timing_cell_has_samples_and_no_memory(void **state)
{
    struct fixture *fixture = *state;
    create(fixture);
    fixture->report.has_memory = false;
    fixture->report.peak_rss_bytes = UNKNOWN;
    append(fixture, 7);
    json_t *cell = line_of(fixture, 1);
    assert_word(cell, "kind", "timing");
    assert_null_at(cell, "after");
    assert_null_at(cell, "base");
    assert_null_at(cell, "counter_inexact");
    assert_null_at(cell, "timeline");
    assert_int_equal(json_array_size(json_object_get(cell, "samples")), 2);
    json_decref(cell);
}

static void no_line_holds_what_json_has_no_word_for(void **state)
{
    struct fixture *fixture = *state;
    create(fixture);
    (void)snprintf(fixture->report.identity.version,
                   sizeof fixture->report.identity.version, "%s",
                   "1.\xff\x01\"\n");
    fixture->report.attached = true;
    append(fixture, 0);
    size_t length;
    char *text = read_file(fixture, &length);
    assert_null(strstr(text, "NaN"));
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "Infinity"));
    /* UINT64_MAX in any spelling would be a figure. */
    assert_null(strstr(text, "18446744073709551615"));
    assert_null(strstr(text, "1844674407370955"));
    free(text);
    json_t *cell = line_of(fixture, 1);
    assert_word(json_object_get(cell, "identity"), "version", "1.?\x01\"\n");
    json_decref(cell);
}

static void a_request_hash_is_sixteen_digits(void **state)
{
    struct fixture *fixture = *state;
    create(fixture);
    append(fixture, 0);
    fixture->report.has_request_hash = true;
    fixture->report.request_hash = 0xabc;
    append(fixture, 1);
    json_t *without = line_of(fixture, 1);
    json_t *with = line_of(fixture, 2);
    assert_null_at(without, "request_hash");
    assert_word(with, "request_hash", "0000000000000abc");
    json_decref(without);
    json_decref(with);
}

static void a_file_that_exists_is_never_overwritten(void **state)
{
    struct fixture *fixture = *state;
    struct reason reason = {""};
    write_file(fixture, "precious", 8);
    assert_int_equal(record_create(&fixture->record, fixture->path,
                                   &fixture->plan, &fixture->facts, &reason),
                     STATUS_FAILED);
    assert_contains(reason.text, "exists: name another file");
    assert_contains(reason.text, "--resume");
    size_t length;
    char *text = read_file(fixture, &length);
    assert_string_equal(text, "precious");
    free(text);
}

static void a_file_that_cannot_be_made_is_told_with_its_cause(void **state)
{
    struct fixture *fixture = *state;
    struct reason reason = {""};
    char path[80];
    (void)snprintf(path, sizeof path, "%s/absent/r.jsonl", fixture->folder);
    assert_int_equal(record_create(&fixture->record, path, &fixture->plan,
                                   &fixture->facts, &reason),
                     STATUS_FAILED);
    assert_contains(reason.text, "cannot be created: No such file");
}

/* A limit on the file's size stands for a full disk. */
static void a_line_that_does_not_fit_leaves_the_file_as_it_was(void **state)
{
    struct fixture *fixture = *state;
    struct reason reason = {""};
    struct rlimit kept;
    create(fixture);
    append(fixture, 0);
    size_t before, after;
    free(read_file(fixture, &before));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &kept), 0);
    const struct rlimit small = {before + 20, kept.rlim_max};
    void (*const handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    const enum status status = record_cell(
        &fixture->record, &fixture->plan.cells[1], &fixture->report,
        &fixture->ending, &fixture->timeline, &fixture->machine, &reason);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &kept), 0);
    (void)signal(SIGXFSZ, handler);
    assert_int_equal(status, STATUS_FAILED);
    assert_contains(reason.text, "cannot be written: No space left");
    free(read_file(fixture, &after));
    assert_int_equal(after, before);
    append(fixture, 1); /* there is room again */
    assert_int_equal(count_lines(fixture), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        record_unit_test(the_first_line_is_the_run),
        record_unit_test(what_the_host_does_not_tell_is_null),
        record_unit_test(a_cell_says_which_one_it_is),
        record_unit_test(figures_are_raw_integers_and_unknown_ones_null),
        record_unit_test(a_map_that_was_lost_or_is_another_is_null),
        record_unit_test(a_timeline_counts_from_the_last_release_and_the_base),
        record_unit_test(without_a_base_there_is_no_timeline),
        record_unit_test(a_cell_that_is_not_ok_has_a_reason_and_no_figures),
        record_unit_test(a_timing_cell_has_samples_and_no_memory),
        record_unit_test(no_line_holds_what_json_has_no_word_for),
        record_unit_test(a_request_hash_is_sixteen_digits),
        record_unit_test(a_file_that_exists_is_never_overwritten),
        record_unit_test(a_file_that_cannot_be_made_is_told_with_its_cause),
        record_unit_test(a_line_that_does_not_fit_leaves_the_file_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
