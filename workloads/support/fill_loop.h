/* The timed loops over equal objects, alone, so that a benchmark can compare
 * them with the same loops around a direct call.
 */
#ifndef GIVEBACK_SUPPORT_FILL_LOOP_H
#define GIVEBACK_SUPPORT_FILL_LOOP_H

#include <stddef.h>
#include <stdint.h>

/* Fills the slots from `first` to `last` with new objects of `size` bytes, a
 * multiple of 8. Instantiated for a constant size: the stores become straight
 * code, and no call to memset stands in the timed loop. */
__attribute__((always_inline)) static inline void
fill_words(void *(*alloc)(size_t size), void **slots, size_t first,
           size_t last, size_t size)
{
    for (size_t i = first; i < last; i++) {
        uint64_t *words = alloc(size);
        for (size_t w = 0; w < size / sizeof *words; w++) {
            words[w] = i;
        }
        slots[i] = words;
    }
}

/* Releases the slots from `first` to `last`. */
__attribute__((always_inline)) static inline void
release_slots(void (*release)(void *block), void **slots, size_t first,
              size_t last)
{
    for (size_t i = first; i < last; i++) {
        release(slots[i]);
    }
}

#endif
