/* Random Latin squares: the order within blocks.
 *
 * Over as many blocks as there are items each item takes each position once:
 * the cyclic square with its rows, columns and symbols permuted. A new one is
 * drawn when its rows are used up. The parent's alone: it allocates.
 */
#ifndef GIVEBACK_LATIN_SQUARE_H
#define GIVEBACK_LATIN_SQUARE_H

#include <stddef.h>

#include "random.h"

struct square;

/* For `count` items, at least one. */
struct square *square_make(size_t count);
void square_free(struct square *square);

/* For how many it was made. */
size_t square_count(const struct square *square);

/* The items of the next block, in order, into `order`, which has room for all
 * of them. */
void square_next(struct square *square, size_t *order, struct random *random);

#endif
