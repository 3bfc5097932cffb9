/* Small text files of the kernel, read whole.
 *
 * What cannot be read is empty or UNKNOWN, never zero.
 */
#ifndef GIVEBACK_SMALL_FILE_H
#define GIVEBACK_SMALL_FILE_H

#include <stddef.h>
#include <stdint.h>

/* The file's text, cut to `capacity` - 1 bytes and ended by a zero; returns
 * its length, 0 where it cannot be read. */
size_t small_file_text(const char *path, char *text, size_t capacity);

/* Its first word. */
void small_file_word(const char *path, char *word, size_t capacity);

/* The number that it begins with. "max", -1 and what is too large to be meant
 * (2^60 and more: the kernel's way to say that there is no limit) are
 * UNKNOWN. */
uint64_t small_file_number(const char *path);

#endif
