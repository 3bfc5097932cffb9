/* A result file that is taken away while it is written: nothing is lost. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record.h"

enum place { IN_PLACE, MOVED, REMOVED };

/* What became of the name under which the file was opened. */
static enum place place_of(const struct record *record)
{
    struct stat ours, named;
    if (fstat(record->fd, &ours) != 0) {
        return IN_PLACE; /* who knows */
    }
    if (stat(record->path, &named) != 0) {
        if (errno != ENOENT && errno != ENOTDIR) {
            return IN_PLACE;
        }
    } else if (named.st_dev == ours.st_dev && named.st_ino == ours.st_ino) {
        return IN_PLACE;
    }
    return ours.st_nlink > 0 ? MOVED : REMOVED;
}

/* All of an open file, from its start, to the disk. */
static bool copy_whole(int from, int to)
{
    enum { CHUNK_BYTES = 1 << 20 };
    off_t at = 0;
    ssize_t count;
    do {
        count = sendfile(to, from, &at, CHUNK_BYTES);
    } while (count > 0 || (count < 0 && errno == EINTR));
    return count == 0 && fdatasync(to) == 0;
}

/* Copies the file to a name that is free; errno where it cannot. */
static bool copy_to(const struct record *record, const char *path)
{
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        return false;
    }
    const bool copied = copy_whole(record->fd, fd);
    const int error = errno;
    (void)close(fd);
    if (!copied) {
        (void)unlink(path);
    }
    errno = error;
    return copied;
}

/* Puts a removed file back, or into the folder that the user is in; the new
 * path, NULL with errno where neither can be. */
static const char *put_back(struct record *record)
{
    if (copy_to(record, record->path)) {
        return record->path;
    }
    (void)snprintf(record->elsewhere, sizeof record->elsewhere,
                   "giveback-%s.jsonl", record->id);
    return copy_to(record, record->elsewhere) ? record->elsewhere : NULL;
}

/* The path of a file that was moved; NULL with errno where it is unknown. */
static const char *follow(struct record *record)
{
    char link[32];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", record->fd);
    const ssize_t length =
        readlink(link, record->elsewhere, sizeof record->elsewhere - 1);
    record->elsewhere[length > 0 ? length : 0] = '\0';
    return length > 0 ? record->elsewhere : NULL;
}

enum status record_check_place(struct record *record, struct reason *reason)
{
    const char *const path = record->path;
    const enum place place = place_of(record);
    if (place == IN_PLACE) {
        return STATUS_OK;
    }
    const char *const what =
        place == MOVED ? "was moved away" : "was removed or replaced";
    record->path = place == MOVED ? follow(record) : put_back(record);
    return record->path
               ? explain(reason, STATUS_FAILED,
                         "%.150s %s while this run wrote it: all of it is in "
                         "%.150s",
                         path, what, record->path)
               : explain(reason, STATUS_FAILED,
                         "%.150s %s while this run wrote it, and cannot be "
                         "kept elsewhere: %s",
                         path, what, strerror(errno));
}
