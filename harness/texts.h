/* A growing list of texts, each owned by the list. The parent's alone: it
 * allocates. Out of memory ends the program. */
#ifndef GIVEBACK_TEXTS_H
#define GIVEBACK_TEXTS_H

#include <stddef.h>

struct texts {
    char **items; /* `count` of them */
    size_t count;
};

/* Appends a copy. */
void texts_add(struct texts *texts, const char *text);
void texts_add_part(struct texts *texts, const char *text, size_t length);

/* Appends the parts of a list separated by commas. A comma between braces
 * does not separate, nor one behind a backslash, which is dropped (between
 * braces it stays, for when their own list is split). */
void texts_split(struct texts *texts, const char *list);

void texts_free(struct texts *texts);

/* malloc that ends the program with a message where there is no memory;
 * zeroed. */
void *must_allocate(size_t count, size_t size);

#endif
