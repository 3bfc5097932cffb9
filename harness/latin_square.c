/* Random Latin squares: the order within blocks. */
#include "latin_square.h"

#include <stdlib.h>

#include "texts.h"

static void fill_permutation(size_t *items, size_t count,
                             struct random *random)
{
    for (size_t i = 0; i < count; i++) {
        items[i] = i;
    }
    for (size_t i = count; i > 1; i--) {
        const size_t j = random_below(random, i);
        const size_t held = items[i - 1];
        items[i - 1] = items[j];
        items[j] = held;
    }
}

struct square {
    size_t *rows, *columns, *symbols; /* `count` of each */
    size_t count, used;
};

struct square *square_make(size_t count)
{
    struct square *square = must_allocate(1, sizeof *square);
    square->rows = must_allocate(3 * count, sizeof *square->rows);
    square->columns = square->rows + count;
    square->symbols = square->columns + count;
    square->count = count;
    return square;
}

void square_free(struct square *square)
{
    free(square->rows);
    free(square);
}

size_t square_count(const struct square *square)
{
    return square->count;
}

void square_next(struct square *square, size_t *order, struct random *random)
{
    const size_t row = square->used++ % square->count;
    if (row == 0) {
        fill_permutation(square->rows, square->count, random);
        fill_permutation(square->columns, square->count, random);
        fill_permutation(square->symbols, square->count, random);
    }
    for (size_t i = 0; i < square->count; i++) {
        order[i] = square->symbols[(square->rows[row] + square->columns[i]) %
                                   square->count];
    }
}
