/* Result files as `run --resume` reads them: record.c.
 *
 * The first byte says where reading fails: 'A' after no byte, 'B' after 64
 * and so on to 'Z'; any other: nowhere. The rest is the file. What is refused
 * stays as it was; what is gone on with holds whole lines alone, one per cell
 * that is done.
 */
#include "fuzz.h"

#include <jansson.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_files.h"
#include "record.h"
#include "require_reason.h"
#include "small_plan.h"

enum { DAMAGE_STEP = 64 };

static struct plan plan;
static struct run_options options;
static struct machine machine; /* of which nothing is known */
static const struct run_facts facts = {
    .verb = "run", .options = &options, .machine = &machine};
static int file_fd = -1;
static char path[64];

static void open_file(void)
{
    small_plan(&plan);
    file_fd = memfd_create("giveback-fuzz", MFD_CLOEXEC);
    require(file_fd >= 0);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", file_fd);
}

static size_t file_size(void)
{
    struct stat status;
    require(fstat(file_fd, &status) == 0);
    return (size_t)status.st_size;
}

static void write_file(const uint8_t *bytes, size_t size)
{
    require(ftruncate(file_fd, 0) == 0);
    require(pwrite(file_fd, bytes, size, 0) == (ssize_t)size);
}

static size_t count_done(void)
{
    size_t count = 0;
    for (size_t i = 0; i < plan.cell_count; i++) {
        count += plan.cells[i].done;
    }
    return count;
}

static enum status resume(char id[64])
{
    struct record record = {.fd = -1};
    struct reason reason = {""};
    for (size_t i = 0; i < plan.cell_count; i++) {
        plan.cells[i].done = false;
    }
    const enum status status =
        record_resume(&record, path, &plan, &facts, &reason);
    require_reason(status, &reason);
    require(memchr(record.id, '\0', sizeof record.id) != NULL);
    memcpy(id, record.id, sizeof record.id);
    record_close(&record);
    return status;
}

/* Every line that was kept is JSON, the last run's id is the one to go on
 * with, and the cells are those that are done. */
static void check_lines(const uint8_t *bytes, size_t size, const char *id)
{
    size_t cells = 0;
    const char *run_id = NULL;
    json_t *last_run = NULL;
    const char *at = (const char *)bytes;
    for (const char *end = at + size; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        require(stop != NULL);
        json_t *line = json_loadb(at, (size_t)(stop - at), 0, NULL);
        require(line != NULL);
        const char *type = json_string_value(json_object_get(line, "type"));
        if (type && strcmp(type, "run") == 0) {
            json_decref(last_run);
            last_run = json_incref(line);
            run_id = json_string_value(json_object_get(line, "id"));
        } else {
            require(run_id != NULL); /* a run comes first */
            cells++;
        }
        json_decref(line);
        at = stop + 1;
    }
    require(run_id && strcmp(run_id, id) == 0);
    require(cells == count_done());
    json_decref(last_run);
}

static void check_resume(const uint8_t *bytes, size_t size)
{
    char id[64], again[64];
    const enum status status = resume(id);
    const size_t kept = file_size();
    require(kept <= size && (status == STATUS_OK || kept == size));
    if (status != STATUS_OK) {
        return;
    }
    require(fake_damage_offset >= size); /* what could not be read, counts */
    require(kept > 0 && bytes[kept - 1] == '\n');
    check_lines(bytes, kept, id);
    const size_t done = count_done();
    require(resume(again) == STATUS_OK && strcmp(id, again) == 0);
    require(file_size() == kept && count_done() == done);
}

static void check_command(void)
{
    struct texts words = {NULL, 0};
    struct reason reason = {""};
    const enum status status = record_command(path, &words, &reason);
    require_reason(status, &reason);
    require(words.count > 0 || status != STATUS_OK);
    texts_free(&words);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size == 0) {
        return 0;
    }
    if (file_fd < 0) {
        open_file();
    }
    const uint8_t first = bytes[0];
    fake_damage_offset = first >= 'A' && first <= 'Z'
                             ? (size_t)(first - 'A') * DAMAGE_STEP
                             : SIZE_MAX;
    write_file(bytes + 1, size - 1);
    check_command();
    check_resume(bytes + 1, size - 1);
    return 0;
}
