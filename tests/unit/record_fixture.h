/* What tests of result files share: a plan, what a cell left, and the lines of
 * the file. */
#ifndef GIVEBACK_UNIT_RECORD_FIXTURE_H
#define GIVEBACK_UNIT_RECORD_FIXTURE_H

#include "unit.h"

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record.h"

/* A folder, a plan of 2 allocators x 1 workload x (memory silent, timing) x
 * 2 repetitions, and the second reference twice; and what a cell left. */
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

static inline void make_plan(struct fixture *fixture)
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
    assert_int_equal(fixture->plan.cell_count, 10);
}

/* Samples, a base and a timeline with figures that can be told apart. */
static inline void make_report(struct fixture *fixture)
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
        (struct pages){45056, 32768, {1, 2, 3, 4, 5, 6, 7, 8}, 1, 4, 16384};
    static const struct page_unit units[] = {
        {9, 4, 4}, {70, 4, 0}, {71, 4, 0}, {72, 3, 1}, {80, 0, 7}};
    memcpy(report->units, units, sizeof units);
    timeline_see(&fixture->timeline, (struct point){4000, 1024, 0});
    timeline_see(&fixture->timeline, (struct point){5000, 5120, 160});
    timeline_see(&fixture->timeline, (struct point){9000, 512, 0});
}

static inline int open_fixture(void **state)
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
    fixture->facts = (struct run_facts){.verb = "run",
                                        .options = &fixture->options,
                                        .machine = &fixture->machine,
                                        .argc = 2,
                                        .argv = command,
                                        .memory_limit_bytes = 1 << 20};
    fixture->record.fd = -1;
    fixture->ending = (struct ending){.outcome = OUTCOME_OK};
    *state = fixture;
    return 0;
}

static inline int close_fixture(void **state)
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

static inline void create(struct fixture *fixture)
{
    struct reason reason = {""};
    if (record_create(&fixture->record, fixture->path, &fixture->plan,
                      &fixture->facts, &reason) != STATUS_OK) {
        fail_msg("%s", reason.text);
    }
}

static inline void append(struct fixture *fixture, size_t cell)
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

static inline void write_file(const struct fixture *fixture, const char *text,
                              size_t length)
{
    const int fd = open(fixture->path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, length), length);
    assert_int_equal(close(fd), 0);
}

/* Line `number` from 0, which must be JSON; the caller releases it. */
static inline json_t *line_of(const struct fixture *fixture, unsigned number)
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

static inline unsigned count_lines(const struct fixture *fixture)
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

static inline void assert_number(const json_t *object, const char *key,
                                 json_int_t expected)
{
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_integer(value));
    assert_int_equal(json_integer_value(value), expected);
}

static inline void assert_word(const json_t *object, const char *key,
                               const char *expected)
{
    const char *value = json_string_value(json_object_get(object, key));
    assert_non_null(value);
    assert_string_equal(value, expected);
}

static inline void assert_null_at(const json_t *object, const char *key)
{
    assert_true(json_is_null(json_object_get(object, key)));
}

#define record_unit_test(function)                                            \
    cmocka_unit_test_setup_teardown(function, open_fixture, close_fixture)

#endif
