/* Files whose bytes a fuzz target chooses, in the place of the kernel's. */
#include "fake_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "fuzz.h"

enum { FAKE_FD_FIRST = 1 << 20, FAKE_FILE_MAX = 32 };

struct fake_files fake_files = {NULL, 0, SIZE_MAX, SIZE_MAX};
size_t fake_damage_offset = SIZE_MAX;

static off_t positions[FAKE_FILE_MAX];

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
ssize_t __real_read(int fd, void *buffer, size_t size);
ssize_t __wrap_read(int fd, void *buffer, size_t size);
ssize_t __real_pread(int fd, void *buffer, size_t size, off_t offset);
ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset);
off_t __real_lseek(int fd, off_t offset, int whence);
off_t __wrap_lseek(int fd, off_t offset, int whence);
int __real_close(int fd);
int __wrap_close(int fd);

/* Not strcmp: libFuzzer looks into that, and there is nothing to find. */
static bool is_path_of(const struct fake_file *file, const char *path)
{
    const char *own = file->path;
    while (*own && *own == *path) {
        own++;
        path++;
    }
    return *own == *path;
}

/* Files of others, such as the counts of a build for coverage, are real. */
static bool is_of_the_system(const char *path)
{
    return strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/sys/", 5) == 0 ||
           strncmp(path, "/etc/", 5) == 0;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Gives bytes of an endless file one by one: they may come round. */
static ssize_t read_endless(const struct fake_file *file, char *buffer,
                            size_t size, size_t offset)
{
    const size_t count = least(size, fake_files.endless_max);
    if (file->size == 0) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        buffer[i] = (char)file->bytes[(offset + i) % file->size];
    }
    fake_files.endless_max -= count;
    return (ssize_t)count;
}

static ssize_t read_fake(int fd, void *buffer, size_t size, off_t offset)
{
    const struct fake_file *file = &fake_files.files[fd - FAKE_FD_FIRST];
    const size_t wanted = least(size, fake_files.read_max);
    if (offset < 0) {
        errno = EINVAL;
        return -1;
    }
    if (file->endless) {
        return read_endless(file, buffer, wanted, (size_t)offset);
    }
    if ((size_t)offset >= file->size) {
        return 0;
    }
    const size_t count = least(wanted, file->size - (size_t)offset);
    memcpy(buffer, file->bytes + offset, count);
    return (ssize_t)count;
}

int __wrap_open(const char *path, int flags, ...)
{
    int mode = 0;
    if (flags & O_CREAT) {
        va_list arguments;
        va_start(arguments, flags);
        /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it is not */
        mode = va_arg(arguments, int);
        va_end(arguments);
    }
    for (size_t i = 0; i < fake_files.count; i++) {
        if (!fake_files.files[i].missing &&
            is_path_of(&fake_files.files[i], path)) {
            positions[i] = 0;
            return FAKE_FD_FIRST + (int)i;
        }
    }
    if (fake_files.count > 0 && is_of_the_system(path)) {
        errno = ENOENT;
        return -1;
    }
    return __real_open(path, flags, mode);
}

ssize_t __wrap_read(int fd, void *buffer, size_t size)
{
    if (fd < FAKE_FD_FIRST) {
        return __real_read(fd, buffer, size);
    }
    off_t *position = &positions[fd - FAKE_FD_FIRST];
    const ssize_t count = read_fake(fd, buffer, size, *position);
    *position += count > 0 ? count : 0;
    return count;
}

ssize_t __wrap_pread(int fd, void *buffer, size_t size, off_t offset)
{
    if (fd >= FAKE_FD_FIRST) {
        return read_fake(fd, buffer, size, offset);
    }
    if (offset >= 0 && (size_t)offset >= fake_damage_offset) {
        errno = EIO;
        return -1;
    }
    return __real_pread(
        fd, buffer, least(size, fake_damage_offset - (size_t)offset), offset);
}

off_t __wrap_lseek(int fd, off_t offset, int whence)
{
    if (fd < FAKE_FD_FIRST) {
        return __real_lseek(fd, offset, whence);
    }
    require(whence == SEEK_SET);
    positions[fd - FAKE_FD_FIRST] = offset;
    return offset;
}

int __wrap_close(int fd)
{
    return fd < FAKE_FD_FIRST ? __real_close(fd) : 0;
}
