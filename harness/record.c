/* Results as JSON Lines: one process per line. */
#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
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

/* ---- resuming --------------------------------------------------------------
 */

/* The file's text, ending in zero; NULL with the reason. */
static char *read_whole(int fd, const char *path, size_t *length,
                        struct reason *reason)
{
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0) {
        (void)cannot("read", path, reason);
        return NULL;
    }
    char *whole = must_allocate((size_t)status.st_size + 1, 1);
    *length = 0;
    while (*length < (size_t)status.st_size) {
        const ssize_t count =
            pread(fd, whole + *length, (size_t)status.st_size - *length,
                  (off_t)*length);
        if (count <= 0) {
            break;
        }
        *length += (size_t)count;
    }
    return whole;
}

/* The next whole line at *at as JSON; moves *at behind it. NULL at the end,
 * and where a line is no JSON (`*torn` is set). */
static json_t *next_line(const char **at, const char *end, bool *torn)
{
    const char *stop = memchr(*at, newline, (size_t)(end - *at));
    if (*at == end || !stop) {
        *torn = *at != end;
        return NULL;
    }
    json_t *line = json_loadb(*at, (size_t)(stop - *at), 0, NULL);
    *torn = line == NULL;
    if (line) {
        *at = stop + 1;
    }
    return line;
}

static bool is_type(const json_t *line, const char *type)
{
    const char *value = json_string_value(json_object_get(line, "type"));
    return value && strcmp(value, type) == 0;
}

enum status record_command(const char *path, struct texts *command,
                           struct reason *reason)
{
    size_t length = 0;
    bool torn = false;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    char *whole = read_whole(fd, path, &length, reason);
    if (fd >= 0) {
        (void)close(fd);
    }
    if (!whole) {
        return STATUS_FAILED;
    }
    const char *at = whole;
    json_t *line = next_line(&at, whole + length, &torn);
    const json_t *words =
        is_type(line, "run") ? json_object_get(line, "command") : NULL;
    for (size_t i = 0; i < json_array_size(words); i++) {
        const char *word = json_string_value(json_array_get(words, i));
        texts_add(command, word ? word : "");
    }
    json_decref(line);
    free(whole);
    return command->count ? STATUS_OK
                          : explain(reason, STATUS_FAILED,
                                    "%.300s does not begin with a run: it is "
                                    "no result file to go on with",
                                    path);
}

/* Marks the planned cell that a line tells of; false if there is none. */
static bool mark_done(const json_t *line, json_t *const *keys,
                      struct plan *plan)
{
    json_t *key = encode_key_of(line);
    bool found = false;
    for (size_t i = 0; key && i < plan->cell_count && !found; i++) {
        if (!plan->cells[i].done && json_equal(key, keys[i])) {
            found = plan->cells[i].done = true;
        }
    }
    json_decref(key);
    return found;
}

/* Reads the lines; on success *kept is how many bytes are whole lines. */
static enum status mark_lines(struct record *record, const char *whole,
                              size_t length, struct plan *plan, size_t *kept,
                              struct reason *reason)
{
    json_t **keys = must_allocate(plan->cell_count, sizeof(json_t *));
    for (size_t i = 0; i < plan->cell_count; i++) {
        keys[i] = encode_key(&plan->cells[i]);
    }
    enum status status = STATUS_OK;
    const char *at = whole;
    const char *const end = whole + length;
    bool torn = false;
    unsigned number = 0;
    json_t *line;
    while (status == STATUS_OK && (line = next_line(&at, end, &torn))) {
        number++;
        if (is_type(line, "run")) {
            const char *id = json_string_value(json_object_get(line, "id"));
            (void)snprintf(record->id, sizeof record->id, "%s", id ? id : "");
        } else if (!mark_done(line, keys, plan)) {
            status = explain(reason, STATUS_FAILED,
                             "%.300s:%u: this cell is not in the plan, or "
                             "twice: resume with the command that began it",
                             record->path, number);
        }
        json_decref(line);
    }
    /* Only the last line can be torn by an interruption. */
    if (status == STATUS_OK && torn &&
        memchr(at, newline, (size_t)(end - at)) &&
        (const char *)memchr(at, newline, (size_t)(end - at)) + 1 < end) {
        status = explain(reason, STATUS_FAILED,
                         "%.300s:%u: no JSON: the file is damaged",
                         record->path, number + 1);
    }
    if (status == STATUS_OK && record->id[0] == '\0') {
        status = explain(reason, STATUS_FAILED,
                         "%.300s does not begin with a run: it is no result "
                         "file to go on with",
                         record->path);
    }
    *kept = (size_t)(at - whole);
    for (size_t i = 0; i < plan->cell_count; i++) {
        json_decref(keys[i]);
    }
    free(keys);
    return status;
}

enum status record_resume(struct record *record, const char *path,
                          struct plan *plan, struct reason *reason)
{
    size_t length = 0, kept = 0;
    record->path = path;
    record->id[0] = '\0';
    record->fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC);
    char *whole = read_whole(record->fd, path, &length, reason);
    if (!whole) {
        return STATUS_FAILED;
    }
    enum status status =
        mark_lines(record, whole, length, plan, &kept, reason);
    free(whole);
    if (status == STATUS_OK && kept < length &&
        ftruncate(record->fd, (off_t)kept) != 0) {
        status = cannot("cut to its whole lines", path, reason);
    }
    return status;
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
