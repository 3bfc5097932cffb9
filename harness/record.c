/* Results as JSON Lines: one process per line. */
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "encode.h"

static const char newline = '\n';

static bool write_whole(int fd, const char *line, size_t length)
{
    ssize_t written;
    do {
        written = write(fd, line, length);
    } while (written < 0 && errno == EINTR);
    if (written >= 0 && (size_t)written < length) {
        errno = ENOSPC;
    }
    return written == (ssize_t)length;
}

static bool synced(int fd)
{
    int status;
    do {
        status = fdatasync(fd);
    } while (status != 0 && errno == EINTR);
    return status == 0 || errno == EINVAL; /* pipes and devices cannot: fine */
}

/* One write; if it was cut short or did not reach the disk, the file becomes
 * what it was before. */
static enum status append_line(const struct record *record, json_t *object,
                               struct reason *reason)
{
    char *line = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    if (!line) {
        return explain(reason, STATUS_FAILED, "a result cannot be encoded");
    }
    const size_t length = strlen(line);
    line[length] = newline;
    const off_t before = lseek(record->fd, 0, SEEK_END);
    const bool done =
        write_whole(record->fd, line, length + 1) && synced(record->fd);
    free(line);
    if (done) {
        return STATUS_OK;
    }
    const enum status status = explain(
        reason, STATUS_FAILED, "%.300s: cannot be written: %s: make room",
        record->path, strerror(errno));
    (void)!ftruncate(record->fd, before);
    return status;
}

static void make_id(char id[64])
{
    struct tm fields;
    const time_t now = time(NULL);
    uint16_t random = 0;
    char stamp[32];
    (void)strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ",
                   gmtime_r(&now, &fields));
    (void)!getrandom(&random, sizeof random, 0);
    (void)snprintf(id, 64, "%s-%04" PRIx16, stamp, random);
}

enum status record_lock(const struct record *record, struct reason *reason)
{
    if (flock(record->fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) {
        return STATUS_OK; /* not every file system has locks */
    }
    return explain(reason, STATUS_FAILED,
                   "%.300s is being written by another run: wait for its end, "
                   "or end it",
                   record->path);
}

/* A file without a name in the folder of `path`, or where the file system
 * has no such thing, with its name already (`*named`); -1 with errno. */
static int open_new(const char *path, bool *named)
{
    char *copy = must_allocate(strlen(path) + 1, 1);
    memcpy(copy, path, strlen(path) + 1);
    int fd =
        open(dirname(copy), O_TMPFILE | O_RDWR | O_APPEND | O_CLOEXEC, 0666);
    free(copy);
    *named = fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR);
    if (*named) {
        fd =
            open(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    }
    return fd;
}

/* 0, or -1 with errno, EEXIST where there is such a file. */
static int give_name(int fd, const char *path)
{
    char unnamed[32];
    (void)snprintf(unnamed, sizeof unnamed, "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, unnamed, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}

static enum status not_created(const char *path, struct reason *reason)
{
    return errno == EEXIST
               ? explain(reason, STATUS_FAILED,
                         "%.300s exists: name another file, or go on with it "
                         "by --resume",
                         path)
               : explain(reason, STATUS_FAILED,
                         "%.300s: cannot be created: %s", path,
                         strerror(errno));
}

enum status record_create(struct record *record, const char *path,
                          const struct plan *plan,
                          const struct run_facts *facts, struct reason *reason)
{
    bool named = false;
    record->path = path;
    make_id(record->id);
    record->fd = open_new(path, &named);
    if (record->fd < 0) {
        return not_created(path, reason);
    }
    enum status status = record_lock(record, reason);
    if (status == STATUS_OK) {
        status = append_line(record, encode_run(record, plan, facts), reason);
    }
    if (status == STATUS_OK && !named && give_name(record->fd, path) != 0) {
        status = not_created(path, reason);
    }
    if (status != STATUS_OK && named) {
        (void)unlink(path);
    }
    return status;
}

enum status record_cell(struct record *record, const struct cell *cell,
                        const struct report *report,
                        const struct ending *ending,
                        const struct timeline *timeline,
                        const struct machine *machine, struct reason *reason)
{
    const enum status status = append_line(
        record, encode_cell(record, cell, report, ending, timeline, machine),
        reason);
    return status == STATUS_OK ? record_check_place(record, reason) : status;
}

void record_close(struct record *record)
{
    if (record->fd >= 0) {
        (void)close(record->fd);
        record->fd = -1;
    }
}
