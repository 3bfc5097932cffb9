/* harness/record.c and encode.c: what stands in a result file, and how an
 * interrupted one is gone on with. */
#include "unit.h"

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record.h"

/* A folder, a plan of 2 allocators x 1 workload x (memory silent, timing) x
 * 2 repetitions, and what a cell left. */
struct fixture {
    struct report report;
    char folder[32], path[64];
    struct run_options options;
    struct plan plan;
    struct machine machine;
    struct run_facts facts;
    struct record record;
    struct ending ending;
    struct timeline timeline;
};

static char *command[] = {(char[]){"giveback run"}, (char[]){"--quick"}, NULL};

static void make_plan(struct fixture *fixture)
{
    struct reason reason = {""};
    struct run_options *options = &fixture->options;
    *options = (struct run_options){
        .repetitions = 2, .pairs = 2, .jobs = 3, .seed = 11};
    texts_add(&options->allocators, "bump,two=null+thp=off");
    texts_add(&options->workloads, "fill_drain+objects=10");
    texts_split(&options->kinds, "memory,timing");
    texts_split(&options->regimes, "silent");
    assert_int_equal(plan_make(options, &fixture->plan, &reason), STATUS_OK);
    assert_int_equal(fixture->plan.cell_count, 8);
}

/* Samples, a base and a timeline with figures that can be told apart. */
static void make_report(struct fixture *fixture)
{
    struct report *report = &fixture->report;
    report->has_memory = true;
    report->drained_ns = 5000;
    report->peak_rss_bytes = 77;
    report->scratch_bytes = 78;
    memset(&report->base, 0xff, sizeof report->base); /* all UNKNOWN */
    memset(&report->base_pages, 0xff, sizeof report->base_pages);
    report->base.rss_bytes = 1000;
    report->base.statm_rss_bytes = 1024;
    report->sample_count = 2;
    for (uint64_t i = 0; i < 2; i++) {
        struct sample *sample = &report->samples[i];
        memset(sample, 0xff, sizeof *sample);
        (void)snprintf(sample->phase, sizeof sample->phase, "%s",
                       i == 0 ? "fill" : "drain");
        sample->since_drain_ns = i == 0 ? UNKNOWN : 0;
        sample->operations = 10 + i;
        sample->live_blocks = sample->live_bytes = 0;
        sample->usage = (struct usage){1, 2, 3, 4};
        sample->memory.rss_bytes = (UINT64_C(1) << 53) + 1;
    }
    report->samples[1].pages =
        (struct pages){4096, 8192, {1, 2, 3, 4, 5, 6, 7, 8}};
    timeline_see(&fixture->timeline, (struct point){4000, 1024, 0});
    timeline_see(&fixture->timeline, (struct point){5000, 5120, 160});
    timeline_see(&fixture->timeline, (struct point){9000, 512, 0});
}

static int open_fixture(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    (void)snprintf(fixture->folder, sizeof fixture->folder, "%s",
                   "./giveback-record-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    (void)snprintf(fixture->path, sizeof fixture->path, "%s/r.jsonl",
                   fixture->folder);
    make_plan(fixture);
    make_report(fixture);
    memset(&fixture->machine, 0, sizeof fixture->machine);
    fixture->machine.memory_bytes = UNKNOWN;
    fixture->machine.load[0] = 0.5;
    fixture->machine.load[1] = fixture->machine.load[2] = -1;
    fixture->facts = (struct run_facts){.options = &fixture->options,
                                        .machine = &fixture->machine,
                                        .argc = 2,
                                        .argv = command,
                                        .memory_limit_bytes = 1 << 20};
    fixture->record.fd = -1;
    fixture->ending = (struct ending){.outcome = OUTCOME_OK};
    *state = fixture;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *fixture = *state;
    record_close(&fixture->record);
    (void)unlink(fixture->path);
    const int error = rmdir(fixture->folder);
    plan_free(&fixture->plan);
    timeline_free(&fixture->timeline);
    texts_free(&fixture->options.allocators);
    texts_free(&fixture->options.workloads);
    texts_free(&fixture->options.kinds);
    texts_free(&fixture->options.regimes);
    free(fixture);
    return error;
}

static void create(struct fixture *fixture)
{
    struct reason reason = {""};
    if (record_create(&fixture->record, fixture->path, &fixture->plan,
                      &fixture->facts, &reason) != STATUS_OK) {
        fail_msg("%s", reason.text);
    }
}

static void append(struct fixture *fixture, size_t cell)
{
    struct reason reason = {""};
    if (record_cell(&fixture->record, &fixture->plan.cells[cell],
                    &fixture->report, &fixture->ending, &fixture->timeline,
                    &fixture->machine, &reason) != STATUS_OK) {
        fail_msg("%s", reason.text);
    }
}

/* The file's text, ending in zero; the caller frees it. */
static char *read_file(const struct fixture *fixture, size_t *length)
{
    enum { BYTES = 1 << 20 };
    char *text = calloc(1, BYTES);
    const int fd = open(fixture->path, O_RDONLY | O_CLOEXEC);
    assert_true(text && fd >= 0);
    const ssize_t count = read(fd, text, BYTES - 1);
    assert_true(count >= 0);
    assert_int_equal(close(fd), 0);
    *length = (size_t)count;
    return text;
}

static void write_file(const struct fixture *fixture, const char *text,
                       size_t length)
{
    const int fd = open(fixture->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, length), length);
    assert_int_equal(close(fd), 0);
}

/* Line `number` from 0, which must be JSON; the caller releases it. */
static json_t *line_of(const struct fixture *fixture, unsigned number)
{
    size_t length;
    char *text = read_file(fixture, &length);
    char *line = text;
    while (number-- > 0) {
        line = strchr(line, '\n');
        assert_non_null(line);
        line++;
    }
    char *end = strchr(line, '\n');
    assert_non_null(end); /* every line ends */
    json_error_t error;
    json_t *json = json_loadb(line, (size_t)(end - line), 0, &error);
    if (!json) {
        fail_msg("%s", error.text);
    }
    free(text);
    return json;
}

static unsigned count_lines(const struct fixture *fixture)
{
    size_t length;
    unsigned count = 0;
    char *text = read_file(fixture, &length);
    for (size_t i = 0; i < length; i++) {
        count += text[i] == '\n';
    }
    free(text);
    return count;
}

static void assert_number(const json_t *object, const char *key,
                          json_int_t expected)
{
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_integer(value));
    assert_int_equal(json_integer_value(value), expected);
}

static void assert_word(const json_t *object, const char *key,
                        const char *expected)
{
    const char *value = json_string_value(json_object_get(object, key));
    assert_non_null(value);
    assert_string_equal(value, expected);
}

static void assert_null_at(const json_t *object, const char *key)
{
    assert_true(json_is_null(json_object_get(object, key)));
}

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
    assert_int_equal(json_array_size(rows), 2);
    const json_t *two = json_array_get(rows, 1);
    assert_word(two, "allocator", "two");
    assert_word(two, "address", "two=null+thp=off");
    assert_word(json_object_get(two, "options"), "thp", "off");
    assert_null_at(two, "library");
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
    assert_number(pages, "dead_bytes", 8192);
    assert_number(json_object_get(pages, "granules"), "4096", 1);
    assert_number(json_object_get(pages, "granules"), "2097152", 8);
    json_decref(cell);
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

/* ---- resuming --------------------------------------------------------------
 */

/* A run of which the cells 0 .. cells-1 were recorded; plus `tail`. */
static void interrupted(struct fixture *fixture, size_t cells,
                        const char *tail)
{
    create(fixture);
    for (size_t i = 0; i < cells; i++) {
        append(fixture, i);
    }
    assert_int_equal(write(fixture->record.fd, tail, strlen(tail)),
                     strlen(tail));
    record_close(&fixture->record);
}

static enum status resume(struct fixture *fixture, struct reason *reason)
{
    reason->text[0] = '\0';
    return record_resume(&fixture->record, fixture->path, &fixture->plan,
                         reason);
}

static void resume_ok(struct fixture *fixture, size_t cells)
{
    struct reason reason;
    if (resume(fixture, &reason) != STATUS_OK) {
        fail_msg("%s", reason.text);
    }
    for (size_t i = 0; i < fixture->plan.cell_count; i++) {
        assert_int_equal(fixture->plan.cells[i].done, i < cells);
    }
}

static void assert_not_resumed(struct fixture *fixture, const char *part)
{
    struct reason reason;
    size_t before, after;
    free(read_file(fixture, &before));
    assert_int_equal(resume(fixture, &reason), STATUS_FAILED);
    assert_contains(reason.text, part);
    free(read_file(fixture, &after));
    assert_int_equal(after, before);
}

static void a_resumed_run_has_its_id_and_its_cells(void **state)
{
    struct fixture *fixture = *state;
    interrupted(fixture, 3, "");
    char id[64];
    (void)snprintf(id, sizeof id, "%s", fixture->record.id);
    (void)snprintf(fixture->record.id, sizeof fixture->record.id, "%s",
                   "another");
    resume_ok(fixture, 3);
    assert_string_equal(fixture->record.id, id);
    append(fixture, 3);
    json_t *cell = line_of(fixture, 4);
    assert_word(cell, "run", id);
    json_decref(cell);
}

static void a_torn_last_line_is_dropped_and_measured_again(void **state)
{
    static const char *const torn[] = {
        "{\"type\":\"cell\",\"sche", /* cut within */
        "{",
        "{\"type\":\"cell\"}",         /* whole, but for its end */
        "{\"type\":\"cell\",\"sche\n", /* a block of the file was lost */
        "\n",
    };
    for (size_t i = 0; i < sizeof torn / sizeof *torn; i++) {
        assert_true(i == 0 || close_fixture(state) == 0);
        assert_true(i == 0 || open_fixture(state) == 0);
        struct fixture *fixture = *state;
        interrupted(fixture, 2, torn[i]);
        resume_ok(fixture, 2);
        assert_int_equal(count_lines(fixture), 3);
        append(fixture, 2);
        json_decref(line_of(fixture, 3));
        assert_int_equal(count_lines(fixture), 4);
    }
}

static void a_damaged_line_amid_others_is_no_torn_one(void **state)
{
    struct fixture *fixture = *state;
    interrupted(fixture, 1, "{\"type\":\"ce\n{\"type\":\"cell\"}\n");
    assert_not_resumed(fixture, "r.jsonl:3: no JSON: the file is damaged");
}

static void a_cell_that_is_not_planned_is_refused(void **state)
{
    struct fixture *fixture = *state;
    interrupted(fixture, 2, "");
    plan_free(&fixture->plan);
    texts_free(&fixture->options.workloads);
    texts_add(&fixture->options.workloads, "fill_drain+objects=11");
    struct reason reason = {""};
    assert_int_equal(plan_make(&fixture->options, &fixture->plan, &reason),
                     STATUS_OK);
    assert_not_resumed(fixture, "r.jsonl:2: this cell is not in the plan");
}

static void a_cell_that_is_there_twice_is_refused(void **state)
{
    struct fixture *fixture = *state;
    create(fixture);
    append(fixture, 4);
    append(fixture, 4);
    record_close(&fixture->record);
    assert_not_resumed(fixture, "r.jsonl:3: this cell is not in the plan, or "
                                "twice");
}

static void lines_that_are_no_cells_are_refused(void **state)
{
    static const char *const lines[] = {"[]\n", "{}\n",
                                        "{\"type\":\"cell\"}\n"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        assert_true(i == 0 || close_fixture(state) == 0);
        assert_true(i == 0 || open_fixture(state) == 0);
        struct fixture *fixture = *state;
        interrupted(fixture, 0, lines[i]);
        assert_not_resumed(fixture, "r.jsonl:2: this cell is not in the plan");
    }
}

static void a_file_without_a_run_is_nothing_to_go_on_with(void **state)
{
    static const char *const texts[] = {"", "precious",
                                        "{\"type\":\"run\",\"id\":"};
    struct fixture *fixture = *state;
    (void)snprintf(fixture->record.id, sizeof fixture->record.id, "%s",
                   "another");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct texts words = {NULL, 0};
        struct reason reason = {""};
        write_file(fixture, texts[i], strlen(texts[i]));
        assert_int_equal(record_command(fixture->path, &words, &reason),
                         STATUS_FAILED);
        assert_contains(reason.text, "does not begin with a run");
        assert_not_resumed(fixture, "does not begin with a run");
        record_close(&fixture->record);
        texts_free(&words);
    }
}

static void a_file_that_is_not_there_is_told_with_its_cause(void **state)
{
    struct fixture *fixture = *state;
    struct texts words = {NULL, 0};
    struct reason reason = {""};
    assert_int_equal(record_command(fixture->path, &words, &reason),
                     STATUS_FAILED);
    assert_contains(reason.text, "cannot be read: No such file");
    assert_int_equal(resume(fixture, &reason), STATUS_FAILED);
    assert_contains(reason.text, "cannot be read: No such file");
}

static void the_recorded_command_is_given_back_word_by_word(void **state)
{
    struct fixture *fixture = *state;
    struct texts words = {NULL, 0};
    struct reason reason = {""};
    interrupted(fixture, 1, "");
    assert_int_equal(record_command(fixture->path, &words, &reason),
                     STATUS_OK);
    assert_int_equal(words.count, 3);
    assert_string_equal(words.items[0], "giveback");
    assert_string_equal(words.items[1], "run");
    assert_string_equal(words.items[2], "--quick");
    texts_free(&words);
}

#define record_unit_test(function)                                            \
    cmocka_unit_test_setup_teardown(function, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        record_unit_test(the_first_line_is_the_run),
        record_unit_test(what_the_host_does_not_tell_is_null),
        record_unit_test(a_cell_says_which_one_it_is),
        record_unit_test(figures_are_raw_integers_and_unknown_ones_null),
        record_unit_test(a_timeline_counts_from_the_last_release_and_the_base),
        record_unit_test(without_a_base_there_is_no_timeline),
        record_unit_test(a_cell_that_is_not_ok_has_a_reason_and_no_figures),
        record_unit_test(a_timing_cell_has_samples_and_no_memory),
        record_unit_test(no_line_holds_what_json_has_no_word_for),
        record_unit_test(a_request_hash_is_sixteen_digits),
        record_unit_test(a_file_that_exists_is_never_overwritten),
        record_unit_test(a_file_that_cannot_be_made_is_told_with_its_cause),
        record_unit_test(a_line_that_does_not_fit_leaves_the_file_as_it_was),
        record_unit_test(a_resumed_run_has_its_id_and_its_cells),
        record_unit_test(a_torn_last_line_is_dropped_and_measured_again),
        record_unit_test(a_damaged_line_amid_others_is_no_torn_one),
        record_unit_test(a_cell_that_is_not_planned_is_refused),
        record_unit_test(a_cell_that_is_there_twice_is_refused),
        record_unit_test(lines_that_are_no_cells_are_refused),
        record_unit_test(a_file_without_a_run_is_nothing_to_go_on_with),
        record_unit_test(a_file_that_is_not_there_is_told_with_its_cause),
        record_unit_test(the_recorded_command_is_given_back_word_by_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
