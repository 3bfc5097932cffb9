/* Going on with an interrupted run: what its file holds is not run again. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "encode.h"
#include "printable.h"

static const char newline = '\n';

/* The file's text, ending in zero; NULL with the reason. A part of it is none:
 * what could not be read would be taken for torn. */
static char *read_whole(int fd, const char *path, size_t *length,
                        struct reason *reason)
{
    struct stat status;
    ssize_t count = fd < 0 || fstat(fd, &status) != 0 ? -1 : 1;
    const size_t size = count > 0 ? (size_t)status.st_size : 0;
    char *whole = must_allocate(size + 1, 1);
    *length = 0;
    while (count > 0 && *length < size) {
        count = pread(fd, whole + *length, size - *length, (off_t)*length);
        *length += count > 0 ? (size_t)count : 0;
    }
    if (count < 0) {
        (void)explain(reason, STATUS_FAILED, "%.300s: cannot be read: %s",
                      path, strerror(errno));
        free(whole);
        return NULL;
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
    bool torn = false, printable = true;
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
        printable = printable && word && is_printable(word);
        texts_add(command, word ? word : "");
    }
    json_decref(line);
    free(whole);
    if (!printable) {
        return explain(reason, STATUS_FAILED,
                       "%.300s: a word of its command has control "
                       "characters: type the command again, with --resume",
                       path);
    }
    return command->count ? STATUS_OK
                          : explain(reason, STATUS_FAILED,
                                    "%.300s does not begin with a run: it is "
                                    "no result file to go on with",
                                    path);
}

/* The file of a run while it is read against the plan. */
struct reading {
    struct record *record;
    struct plan *plan;
    const json_t *here; /* the header that this run would begin with */
    json_t **keys;      /* of the plan's cells */
    unsigned line;      /* the number of the one at hand */
    struct reason *reason;
};

__attribute__((format(printf, 2, 3))) static enum status
refuse(const struct reading *reading, const char *format, ...)
{
    char what[400];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return explain(reading->reason, STATUS_FAILED, "%.200s:%u: %s",
                   reading->record->path, reading->line, what);
}

/* What the header says of every cell under it. Commit and compiler change
 * times and instructions, machine, kernel and libc memory too. */
static const struct fact {
    const char *object, *field, *name;
} facts_of_all[] = {{NULL, "giveback", "version of giveback"},
                    {NULL, "commit", "commit of giveback"},
                    {"host", "machine_id", "machine"},
                    {"host", "kernel", "kernel"},
                    {"host", "libc", "libc"},
                    {NULL, "counting", "compiler, valgrind or processor"},
                    {NULL, NULL, NULL}};

static const json_t *value_of(const json_t *header, const struct fact *fact)
{
    const json_t *object =
        fact->object ? json_object_get(header, fact->object) : header;
    return json_object_get(object, fact->field);
}

static const char *said(const json_t *value)
{
    const char *word = json_string_value(value);
    return word ? word : "unknown";
}

/* Whether cells measured here may stand under the header of the file. What
 * it does not hold at all it says of none. */
static enum status check_facts(const struct reading *reading,
                               const json_t *header)
{
    for (const struct fact *fact = facts_of_all; fact->field; fact++) {
        const json_t *there = value_of(header, fact);
        const json_t *here = value_of(reading->here, fact);
        if (there && !json_equal(there, here)) {
            return refuse(reading,
                          "it began with another %s: begin a new run, or go "
                          "on where it began (there %.120s, here %.120s)",
                          fact->name, said(there), said(here));
        }
    }
    return STATUS_OK;
}

/* An allocator must still be what the run began with. */
static enum status check_allocator(const struct reading *reading,
                                   const json_t *row)
{
    const char *label = json_string_value(json_object_get(row, "allocator"));
    const char *sha256 = json_string_value(json_object_get(row, "sha256"));
    const struct plan *plan = reading->plan;
    for (size_t i = 0; label && i < plan->allocator_count; i++) {
        const struct planned_allocator *planned = &plan->allocators[i];
        if (strcmp(planned->chosen.label, label) == 0) {
            return strcmp(sha256 ? sha256 : "", planned->proof.sha256) == 0
                       ? STATUS_OK
                       : refuse(reading,
                                "the library of %.100s has changed since: "
                                "begin a new run",
                                label);
        }
    }
    return refuse(reading,
                  "%.100s is not in the plan: resume with the "
                  "command that began it",
                  label ? label : "an allocator");
}

static enum status take_run(const struct reading *reading, const json_t *line)
{
    const char *id = json_string_value(json_object_get(line, "id"));
    const json_t *settle = json_object_get(line, "settle_ns");
    const json_t *rows = json_object_get(line, "allocators");
    struct record *record = reading->record;
    if (!id || !*id || strlen(id) >= sizeof record->id) {
        return refuse(reading, "the run has no id of ours: give a file that "
                               "giveback wrote");
    }
    (void)snprintf(record->id, sizeof record->id, "%s", id);
    if ((uint64_t)json_integer_value(settle) != reading->plan->settle_ns) {
        return refuse(reading, "its regimes last another time: resume with "
                               "the command that began it");
    }
    enum status status = check_facts(reading, line);
    if (status == STATUS_OK &&
        json_array_size(rows) != reading->plan->allocator_count) {
        status = refuse(reading, "it began with another number of allocators: "
                                 "resume with the command, and the giveback, "
                                 "that began it");
    }
    for (size_t i = 0; i < json_array_size(rows) && status == STATUS_OK; i++) {
        status = check_allocator(reading, json_array_get(rows, i));
    }
    return status;
}

/* Marks the planned cell that a line tells of. */
static enum status take_cell(const struct reading *reading, const json_t *line)
{
    struct plan *plan = reading->plan;
    const json_t *seed = json_object_get(line, "seed");
    json_t *key = encode_key_of(line);
    bool found = false;
    for (size_t i = 0; key && i < plan->cell_count && !found; i++) {
        struct cell *cell = &plan->cells[i];
        if (!cell->done && json_equal(key, reading->keys[i]) &&
            (uint64_t)json_integer_value(seed) == cell->seed) {
            found = cell->done = true;
        }
    }
    json_decref(key);
    return found ? STATUS_OK
                 : refuse(reading, "this cell is not in the plan, or twice: "
                                   "resume with the command that began it");
}

static enum status no_run(const struct reading *reading)
{
    return refuse(reading, "it does not begin with a run: it is no result "
                           "file to go on with");
}

static enum status take_lines(struct reading *reading, const char **at,
                              const char *end)
{
    bool torn = false;
    enum status status = STATUS_OK;
    json_t *line;
    reading->line = 1;
    while (status == STATUS_OK && (line = next_line(at, end, &torn))) {
        status = is_type(line, "run") ? take_run(reading, line)
                 : reading->line > 1  ? take_cell(reading, line)
                                      : no_run(reading);
        json_decref(line);
        reading->line += status == STATUS_OK;
    }
    /* Only the last line can be torn by an interruption. */
    const char *stop = memchr(*at, newline, (size_t)(end - *at));
    if (status == STATUS_OK && torn && stop && stop + 1 < end) {
        return refuse(reading, "no JSON: the file is damaged");
    }
    if (status == STATUS_OK && reading->record->id[0] == '\0') {
        return no_run(reading);
    }
    return status;
}

/* Reads the lines; on success *kept is how many bytes are whole lines. The
 * caller gives a reading without keys. */
static enum status mark_lines(struct reading *reading, const char *whole,
                              size_t length, size_t *kept)
{
    const struct plan *plan = reading->plan;
    reading->keys = must_allocate(plan->cell_count, sizeof(json_t *));
    for (size_t i = 0; i < plan->cell_count; i++) {
        reading->keys[i] = encode_key(&plan->cells[i]);
    }
    const char *at = whole;
    const enum status status = take_lines(reading, &at, whole + length);
    *kept = (size_t)(at - whole);
    for (size_t i = 0; i < plan->cell_count; i++) {
        json_decref(reading->keys[i]);
    }
    free(reading->keys);
    return status;
}

enum status record_resume(struct record *record, const char *path,
                          struct plan *plan, const struct run_facts *facts,
                          struct reason *reason)
{
    size_t length = 0, kept = 0;
    record->path = path;
    record->id[0] = '\0';
    record->fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC);
    if (record->fd >= 0 && record_lock(record, reason) != STATUS_OK) {
        return STATUS_FAILED;
    }
    char *whole = read_whole(record->fd, path, &length, reason);
    if (!whole) {
        return STATUS_FAILED;
    }
    json_t *here = encode_run(record, plan, facts);
    struct reading reading = {
        .record = record, .plan = plan, .here = here, .reason = reason};
    enum status status = mark_lines(&reading, whole, length, &kept);
    if (status == STATUS_OK && kept < length &&
        ftruncate(record->fd, (off_t)kept) != 0) {
        status = explain(reason, STATUS_FAILED,
                         "%.300s: cannot be cut to its whole lines: %s", path,
                         strerror(errno));
    }
    json_decref(here);
    free(whole);
    return status;
}
