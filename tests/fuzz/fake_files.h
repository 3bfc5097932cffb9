/* Files whose bytes a fuzz target chooses, in the place of the kernel's.
 *
 * The linker puts these functions where open, read, pread, lseek and close
 * are called (--wrap, in targets that name this file). Once there are fake
 * files, opening any other under /proc, /sys or /etc fails with ENOENT.
 */
#ifndef GIVEBACK_FUZZ_FAKE_FILES_H
#define GIVEBACK_FUZZ_FAKE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fake_file {
    const char *path;
    const uint8_t *bytes; /* the target's; may change between calls */
    size_t size;
    bool missing; /* opening it fails */
    bool endless; /* the bytes come again and again, at any offset */
};

struct fake_files {
    struct fake_file *files;
    size_t count;
    size_t read_max;    /* no read gives more than so many bytes */
    size_t endless_max; /* what all endless files give before they end */
};

extern struct fake_files fake_files;

/* Reading a real file fails with EIO from this offset on. */
extern size_t fake_damage_offset;

#endif
