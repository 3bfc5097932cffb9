/* The name that a user probably meant. */
#ifndef GIVEBACK_NEAREST_H
#define GIVEBACK_NEAREST_H

#include <stddef.h>

/* Keeps the candidate closest to what was typed (Levenshtein distance). */
struct nearest {
    const char *typed; /* `length` bytes, need not end in zero */
    size_t length;
    const char *name; /* the best so far; NULL before the first */
    size_t distance;
};

void nearest_offer(struct nearest *nearest, const char *name);

#endif
