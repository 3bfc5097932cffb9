/* harness/rescue.c: a result file whose name is taken away while it is
 * written. All of it stays under the path that is told. */
#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record.h"

static const char text[] = "{\"type\":\"run\"}\n{\"type\":\"cell\"}\n";

/* The file `r.jsonl` in a folder of its own, and the folder that the user is
 * in beside it. */
struct fixture {
    struct record record;
    char begun[1024]; /* where the test was started */
    char folder[1100], path[1200], moved[1200], here[1200], elsewhere[1300];
};

static void write_text(int fd, const char *bytes)
{
    assert_int_equal(write(fd, bytes, strlen(bytes)), (ssize_t)strlen(bytes));
}

static int open_fixture(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    assert_non_null(getcwd(fixture->begun, sizeof fixture->begun));
    (void)snprintf(fixture->folder, sizeof fixture->folder,
                   "%s/giveback-rescue-XXXXXX", fixture->begun);
    assert_non_null(mkdtemp(fixture->folder));
    (void)snprintf(fixture->path, sizeof fixture->path, "%s/r.jsonl",
                   fixture->folder);
    (void)snprintf(fixture->moved, sizeof fixture->moved, "%s/m.jsonl",
                   fixture->folder);
    (void)snprintf(fixture->here, sizeof fixture->here, "%s/here",
                   fixture->folder);
    (void)snprintf(fixture->elsewhere, sizeof fixture->elsewhere,
                   "%s/giveback-an-id.jsonl", fixture->here);
    assert_int_equal(mkdir(fixture->here, 0700), 0);
    assert_int_equal(chdir(fixture->here), 0);
    fixture->record.path = fixture->path;
    (void)snprintf(fixture->record.id, sizeof fixture->record.id, "an-id");
    fixture->record.fd =
        open(fixture->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fixture->record.fd >= 0);
    write_text(fixture->record.fd, text);
    *state = fixture;
    return 0;
}

static int close_fixture(void **state)
{
    struct fixture *fixture = *state;
    (void)close(fixture->record.fd);
    (void)unlink(fixture->elsewhere);
    (void)unlink(fixture->path);
    (void)unlink(fixture->moved);
    (void)rmdir(fixture->here);
    const int error = chdir(fixture->begun) || rmdir(fixture->folder);
    free(fixture);
    return error;
}

/* Whether the file holds this and nothing else. */
static void assert_holds(const char *path, const char *expected)
{
    char found[256];
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    const ssize_t length = read(fd, found, sizeof found - 1);
    assert_int_equal(close(fd), 0);
    assert_true(length >= 0);
    found[length] = '\0';
    assert_string_equal(found, expected);
}

static void assert_told(struct fixture *fixture, const char *what,
                        const char *path)
{
    struct reason reason = {""};
    assert_int_equal(record_check_place(&fixture->record, &reason),
                     STATUS_FAILED);
    assert_contains(reason.text, fixture->path);
    assert_contains(reason.text, what);
    assert_non_null(fixture->record.path);
    assert_string_equal(fixture->record.path, path);
    assert_contains(reason.text, path);
    assert_holds(path, text);
}

static void a_file_in_its_place_is_left_there(void **state)
{
    struct fixture *fixture = *state;
    struct reason reason = {""};
    assert_int_equal(record_check_place(&fixture->record, &reason), STATUS_OK);
    assert_string_equal(reason.text, "");
    assert_ptr_equal(fixture->record.path, fixture->path);
}

static void a_second_name_is_the_same_file(void **state)
{
    struct fixture *fixture = *state;
    struct reason reason = {""};
    assert_int_equal(rename(fixture->path, fixture->moved), 0);
    assert_int_equal(symlink("m.jsonl", fixture->path), 0);
    assert_int_equal(record_check_place(&fixture->record, &reason), STATUS_OK);
}

static void one_that_was_moved_is_followed(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(rename(fixture->path, fixture->moved), 0);
    assert_told(fixture, "was moved away", fixture->moved);
}

static void one_that_was_removed_is_put_back(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(unlink(fixture->path), 0);
    assert_told(fixture, "was removed or replaced", fixture->path);
}

/* What took its place is somebody's, too. */
static void one_that_was_replaced_goes_where_the_user_is(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(unlink(fixture->path), 0);
    const int fd = open(fixture->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    write_text(fd, "precious\n");
    assert_int_equal(close(fd), 0);
    assert_told(fixture, "was removed or replaced", "giveback-an-id.jsonl");
    assert_holds(fixture->path, "precious\n");
    assert_holds(fixture->elsewhere, text);
}

static void a_file_of_that_name_is_not_written_over(void **state)
{
    struct fixture *fixture = *state;
    struct reason reason = {""};
    const char *const taken[] = {fixture->path, fixture->elsewhere};
    assert_int_equal(unlink(fixture->path), 0);
    for (size_t i = 0; i < 2; i++) {
        const int fd = open(taken[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        write_text(fd, "precious\n");
        assert_int_equal(close(fd), 0);
    }
    assert_int_equal(record_check_place(&fixture->record, &reason),
                     STATUS_FAILED);
    assert_contains(reason.text, "cannot be kept elsewhere: File exists");
    assert_null(fixture->record.path);
    assert_holds(fixture->path, "precious\n");
    assert_holds(fixture->elsewhere, "precious\n");
}

/* Its folder became a file: the name leads nowhere. */
static void a_folder_that_is_gone_is_no_place(void **state)
{
    struct fixture *fixture = *state;
    char inside[1400];
    (void)snprintf(inside, sizeof inside, "%s/r.jsonl", fixture->moved);
    assert_int_equal(rename(fixture->path, fixture->moved), 0);
    assert_int_equal(unlink(fixture->moved), 0);
    const int fd = open(fixture->moved, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    fixture->record.path = inside;
    struct reason reason = {""};
    assert_int_equal(record_check_place(&fixture->record, &reason),
                     STATUS_FAILED);
    assert_contains(reason.text, "giveback-an-id.jsonl");
    assert_holds(fixture->elsewhere, text);
}

#define rescue_test(function)                                                 \
    cmocka_unit_test_setup_teardown(function, open_fixture, close_fixture)

int main(void)
{
    const struct CMUnitTest tests[] = {
        rescue_test(a_file_in_its_place_is_left_there),
        rescue_test(a_second_name_is_the_same_file),
        rescue_test(one_that_was_moved_is_followed),
        rescue_test(one_that_was_removed_is_put_back),
        rescue_test(one_that_was_replaced_goes_where_the_user_is),
        rescue_test(a_file_of_that_name_is_not_written_over),
        rescue_test(a_folder_that_is_gone_is_no_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
