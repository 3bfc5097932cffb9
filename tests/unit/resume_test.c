/* harness/resume.c: how an interrupted run is gone on with. */
#include "record_fixture.h"

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
                         &fixture->facts, reason);
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

/* What a machine that was unknown became. */
static void set(char *field, const char *value)
{
    memcpy(field, value, strlen(value) + 1);
}

static void a_header_that_is_not_true_of_new_cells_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct machine *machine = &fixture->machine;
    const struct {
        char *field;
        const char *part;
    } changes[] = {
        {machine->machine_id, "another machine: begin a new run"},
        {machine->kernel, "another kernel: begin a new run"},
        {machine->libc, "(there 2, here unknown)"},
    };
    set(machine->machine_id, "1");
    set(machine->kernel, "2");
    set(machine->libc, "2");
    interrupted(fixture, 2, "");
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        char before[2] = {changes[i].field[0], '\0'};
        set(changes[i].field, i == 2 ? "" : "3");
        assert_not_resumed(fixture, changes[i].part);
        record_close(&fixture->record);
        set(changes[i].field, before);
    }
    resume_ok(fixture, 2);
}

/* A header whose `field` says `value`, or nothing where that is NULL. */
static void rewrite_header(struct fixture *fixture, const char *field,
                           const char *value)
{
    json_t *header = line_of(fixture, 0);
    if (value) {
        assert_int_equal(
            json_object_set_new(header, field, json_string(value)), 0);
    } else {
        (void)json_object_del(header, field);
    }
    char *line = json_dumps(header, JSON_COMPACT);
    assert_non_null(line);
    const size_t length = strlen(line);
    line[length] = '\n';
    write_file(fixture, line, length + 1);
    free(line);
    json_decref(header);
}

static void cells_of_another_build_are_refused(void **state)
{
    static const char *const fields[][2] = {
        {"giveback", "another version of giveback"},
        {"commit", "another commit of giveback"},
        {"counting", "another compiler, valgrind or processor"},
    };
    struct fixture *fixture = *state;
    interrupted(fixture, 0, "");
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        char part[80];
        (void)snprintf(part, sizeof part, "r.jsonl:1: it began with %s: begin",
                       fields[i][1]);
        rewrite_header(fixture, fields[i][0], "GNU 1");
        assert_not_resumed(fixture, part);
        record_close(&fixture->record);
        rewrite_header(fixture, fields[i][0], NULL);
        resume_ok(fixture, 0); /* it says nothing of its cells */
        record_close(&fixture->record);
    }
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        record_unit_test(a_resumed_run_has_its_id_and_its_cells),
        record_unit_test(a_torn_last_line_is_dropped_and_measured_again),
        record_unit_test(a_damaged_line_amid_others_is_no_torn_one),
        record_unit_test(a_header_that_is_not_true_of_new_cells_is_refused),
        record_unit_test(cells_of_another_build_are_refused),
        record_unit_test(a_cell_that_is_not_planned_is_refused),
        record_unit_test(a_cell_that_is_there_twice_is_refused),
        record_unit_test(lines_that_are_no_cells_are_refused),
        record_unit_test(a_file_without_a_run_is_nothing_to_go_on_with),
        record_unit_test(a_file_that_is_not_there_is_told_with_its_cause),
        record_unit_test(the_recorded_command_is_given_back_word_by_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
