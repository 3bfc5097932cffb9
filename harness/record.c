/* Results as JSON Lines: one process per line. */
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "encode.h"

static const char newline = '\n';

static enum status cannot(const char *what, const char *path,
                          struct reason *reason)
{
    return explain(reason, STATUS_FAILED, "%.300s: cannot be %s: %s", path,
                   what, strerror(errno));
}

/* One write; if it was cut short, the file becomes what it was before. */
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
    const ssize_t written = write(record->fd, line, length + 1);
    free(line);
    if (written == (ssize_t)length + 1) {
        (void)fdatasync(record->fd); /* pipes and devices cannot: fine */
        return STATUS_OK;
    }
    if (written >= 0) {
        errno = ENOSPC;
    }
    const enum status status = cannot("written", record->path, reason);
    if (written > 0) {
        (void)!ftruncate(record->fd, before);
    }
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

enum status record_create(struct record *record, const char *path,
                          const struct plan *plan,
                          const struct run_facts *facts, struct reason *reason)
{
    record->path = path;
    make_id(record->id);
    record->fd =
        open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (record->fd < 0 && errno == EEXIST) {
        return explain(reason, STATUS_FAILED,
                       "%.300s exists: name another file, or go on with it by "
                       "--resume",
                       path);
    }
    if (record->fd < 0) {
        return cannot("created", path, reason);
    }
    return append_line(record, encode_run(record, plan, facts), reason);
}

enum status record_cell(struct record *record, const struct cell *cell,
                        const struct report *report,
                        const struct ending *ending,
                        const struct timeline *timeline,
                        const struct machine *machine, struct reason *reason)
{
    return append_line(
        record, encode_cell(record, cell, report, ending, timeline, machine),
        reason);
}

void record_close(struct record *record)
{
    if (record->fd >= 0) {
        (void)close(record->fd);
        record->fd = -1;
    }
}
