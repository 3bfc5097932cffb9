/* Which library really runs: proven from the process's memory map. */
#include "identity.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sha2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "layers.h"
#include "proc_text.h"

/* Device and inode tell a file; its path may have several spellings. */
struct file_id {
    dev_t device;
    ino_t inode;
};

static const char maps_path[] = "/proc/self/maps";

static char buffer[65536];

static bool file_of_path(const char *path, struct file_id *id)
{
    struct stat status;
    if (stat(path, &status) != 0) {
        return false;
    }
    *id = (struct file_id){status.st_dev, status.st_ino};
    return true;
}

/* The file behind the mapping that a line of maps describes. */
static bool file_of_line(const char *line, size_t length, struct file_id *id)
{
    char path[PATH_MAX];
    const char *slash = memchr(line, '/', length);
    const size_t path_length = slash ? length - (size_t)(slash - line) : 0;
    if (!slash || path_length >= sizeof path) {
        return false;
    }
    memcpy(path, slash, path_length);
    path[path_length] = '\0';
    return file_of_path(path, id);
}

/* The file that is mapped where `address` lies. The map is read whole: at
 * this time it is small. */
static bool file_of_address(uint64_t address, struct file_id *id)
{
    const int fd = open(maps_path, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    ssize_t count = 1;
    while (fd >= 0 && count > 0 && length < sizeof buffer) {
        count = read(fd, buffer + length, sizeof buffer - length);
        length += count > 0 ? (size_t)count : 0;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    for (char *line = buffer; line < buffer + length;) {
        char *newline = memchr(line, '\n', (size_t)(buffer + length - line));
        if (!newline) {
            break;
        }
        uint64_t start, end;
        const size_t line_length = (size_t)(newline - line);
        if (proc_mapping(line, line_length, &start, &end) &&
            address >= start && address < end) {
            return file_of_line(line, line_length, id);
        }
        line = newline + 1;
    }
    return false;
}

static enum status hash_file(const char *path, char text[SHA256_TEXT_BYTES],
                             struct reason *reason)
{
    SHA2_CTX context;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t count = -1;
    SHA256Init(&context);
    while (fd >= 0 && (count = read(fd, buffer, sizeof buffer)) > 0) {
        SHA256Update(&context, (const uint8_t *)buffer, (size_t)count);
    }
    const int error = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    if (count != 0) {
        return explain(reason, STATUS_FAILED, "%.300s: cannot be hashed: %s",
                       path, strerror(error));
    }
    (void)SHA256End(&context, text);
    return STATUS_OK;
}

/* A function pointer as an address: POSIX grants the conversion. */
static uint64_t address_of(void (*function)(void *))
{
    return (uint64_t)(uintptr_t)function;
}

/* STATUS_FAILED where one of the addresses lies in another file than `path`,
 * or this program where that is empty. */
static enum status prove_home(const char *path, const uint64_t *addresses,
                              const char *const *names, struct reason *reason)
{
    struct file_id wanted, found;
    if (path[0] ? !file_of_path(path, &wanted)
                : !file_of_address((uint64_t)(uintptr_t)&prove_identity,
                                   &wanted)) {
        return explain(reason, STATUS_FAILED,
                       "%.300s: the library's file cannot be found: %s",
                       path[0] ? path : "this program", strerror(errno));
    }
    for (size_t i = 0; names[i]; i++) {
        if (!file_of_address(addresses[i], &found) ||
            found.inode != wanted.inode || found.device != wanted.device) {
            return explain(reason, STATUS_FAILED,
                           "%s does not live in %.300s: another allocator "
                           "would be measured",
                           names[i], path[0] ? path : "this program");
        }
    }
    return STATUS_OK;
}

static enum status prove_homes(const struct allocator_calls *calls,
                               const struct identity *identity,
                               struct reason *reason)
{
    static const char *const names[] = {"alloc", "release", NULL};
    static const char *const inside[] = {"what the adapter names", NULL};
    const bool adapted = identity->adapter[0] != '\0';
    const uint64_t calls_at[] = {(uint64_t)(uintptr_t)calls->alloc,
                                 address_of(calls->release)};
    const enum status status =
        prove_home(adapted ? identity->adapter : identity->library, calls_at,
                   names, reason);
    return status == STATUS_OK && adapted
               ? prove_home(identity->library, &identity->inside, inside,
                            reason)
               : status;
}

enum status prove_identity(const struct allocator_calls *calls,
                           const struct identity *identity,
                           struct proof *proof, struct reason *reason)
{
    const struct allocator_calls *own = layers_below(calls);
    const int maps = open(maps_path, O_RDONLY | O_CLOEXEC);
    if (maps < 0) {
        return explain(reason, STATUS_UNSUPPORTED,
                       "%s: %s: it proves which library runs: is /proc "
                       "mounted?",
                       maps_path, strerror(errno));
    }
    (void)close(maps);
    const enum status status = prove_homes(own, identity, reason);
    if (status != STATUS_OK) {
        return status;
    }
    proof->sha256[0] = '\0';
    read_build_id(identity->adapter[0] ? identity->inside
                                       : (uint64_t)(uintptr_t)own->alloc,
                  proof->build_id);
    return identity->library[0]
               ? hash_file(identity->library, proof->sha256, reason)
               : STATUS_OK;
}
