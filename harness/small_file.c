/* Small text files of the kernel, read whole. */
#include "small_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sample.h"

size_t small_file_text(const char *path, char *text, size_t capacity)
{
    size_t length = 0;
    ssize_t count = 1;
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && count > 0 && length < capacity - 1) {
        count = read(fd, text + length, capacity - 1 - length);
        length += count > 0 ? (size_t)count : 0;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    text[length] = '\0';
    return length;
}

void small_file_word(const char *path, char *word, size_t capacity)
{
    (void)small_file_text(path, word, capacity);
    word[strcspn(word, " \t\n")] = '\0';
}

uint64_t small_file_number(const char *path)
{
    char text[64], *end;
    (void)small_file_text(path, text, sizeof text);
    const uint64_t value = strtoull(text, &end, 10);
    return end == text || value >= UINT64_C(1) << 60 ? UNKNOWN : value;
}
