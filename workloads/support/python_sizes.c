/* Sizes of the requests that Python programs make: a small fit. */
#include "python_sizes.h"

/* After the four stated ones: the rest of what pymalloc serves, and what it
 * hands on, whose mean is 1,200 to 6,100 bytes in recordings. */
const struct size_range python_sizes[] = {
    {3500, 48, 48, 8},   {1800, 64, 64, 8}, {1300, 16, 16, 8},
    {1700, 240, 256, 8}, {900, 72, 232, 8}, {350, 264, 512, 8},
    {450, 520, 4096, 8}, {0, 0, 0, 0},
};
