/* The snapshot that a backend's `inspect` hands over: a JSON object of numbers
 * and a map of arenas, one letter per pool (results/README.md, "arenas").
 *
 * A row is one arena's pools with runs counted: "61F2a-" is 61 full pools, 2
 * that are used to less than a tenth, a free one. Arenas in a row with equal
 * maps share one: "0:64F*160" is arenas 0 to 159. Nothing is allocated; what
 * does not fit is counted and not written.
 */
#ifndef GIVEBACK_ALLOCATORS_ARENA_MAP_H
#define GIVEBACK_ALLOCATORS_ARENA_MAP_H

#include <stddef.h>
#include <stdint.h>

struct arena_map {
    char *out;
    size_t size, length; /* length > size: it does not fit */

    /* The row that was ended last: out[row .. row + row_bytes], its first
     * arena and how many there are of it. */
    size_t row, row_bytes;
    uint64_t first, count;

    size_t start; /* of the row that is written now */
    uint64_t arena;
    char letter; /* and its run */
    uint64_t run;
};

/* Begins a snapshot in `out`, which holds `size` bytes. */
void arena_map_begin(struct arena_map *map, char *out, size_t size);

/* A member of the object; before the first arena. */
void arena_map_number(struct arena_map *map, const char *key, uint64_t value);

/* Begins the row of an arena; indices ascend. */
void arena_map_arena(struct arena_map *map, uint64_t index);

/* The next pool of that arena: '.' never used, '-' free, else by
 * arena_map_letter. */
void arena_map_pool(struct arena_map *map, char letter);

/* The letter of a pool with `live` of `blocks` blocks: 'F' when full, else
 * 'a' to 'j' by the tenth it is in. 0 < live <= blocks. */
char arena_map_letter(uint64_t live, uint64_t blocks);

/* Ends the snapshot; returns its length, more than the size it was given when
 * it did not fit. */
size_t arena_map_end(struct arena_map *map);

#endif
