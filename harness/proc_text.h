/* Readers of the kernel's text files under /proc: text in, integers out.
 *
 * They take any bytes, also hostile ones, need no terminating zero, touch
 * nothing outside `text` and leave a figure UNKNOWN that the text lacks or
 * that may have been cut.
 */
#ifndef GIVEBACK_PROC_TEXT_H
#define GIVEBACK_PROC_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One field of a "Key:   123 kB" file. */
struct proc_field {
    const char *key; /* with its colon */
    uint64_t *value; /* bytes where the text says kB, else the number */
};

/* Fills the fields that the text has; the rest become UNKNOWN. `fields` ends
 * in a row without a key. */
void proc_fields(const char *text, size_t length,
                 const struct proc_field *fields);

/* The resident pages in the text of statm: its second number; else UNKNOWN. */
uint64_t proc_statm_resident_pages(const char *text, size_t length);

/* The address range at the start of a line of maps; false if there is none.
 * `line` has no newline. */
bool proc_mapping(const char *line, size_t length, uint64_t *start,
                  uint64_t *end);

/* Whether a line of maps names a file on disk. Shared memory without one
 * (memfd, shared anonymous, huge pages, System V) does not count as a file. */
bool proc_mapping_of_file(const char *line, size_t length);

#endif
