/* The name that a user probably meant. */
#include "nearest.h"

#include <string.h>

enum { LENGTH_MAX = 63 };

static size_t least(size_t a, size_t b, size_t c)
{
    const size_t ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* Levenshtein distance, one row at a time; long names are cut. */
static size_t distance(const char *a, size_t a_length, const char *b)
{
    size_t row[LENGTH_MAX + 1];
    size_t b_length = strlen(b);
    a_length = a_length < LENGTH_MAX ? a_length : LENGTH_MAX;
    b_length = b_length < LENGTH_MAX ? b_length : LENGTH_MAX;
    for (size_t j = 0; j <= b_length; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= a_length; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            const size_t above = row[j];
            row[j] = least(above + 1, row[j - 1] + 1,
                           diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[b_length];
}

void nearest_offer(struct nearest *nearest, const char *name)
{
    const size_t offered = distance(nearest->typed, nearest->length, name);
    if (!nearest->name || offered < nearest->distance) {
        nearest->name = name;
        nearest->distance = offered;
    }
}
