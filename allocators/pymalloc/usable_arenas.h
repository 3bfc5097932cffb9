/* usable_arenas: the arenas with a free pool, in an order that an arena_order
 * keeps. Its head serves.
 */
#ifndef PYMALLOC_USABLE_ARENAS_H
#define PYMALLOC_USABLE_ARENAS_H

#include "heap.h"

/* The list itself. */
void unlink_arena(struct pymalloc *heap, struct arena *arena);
void insert_arena_first(struct pymalloc *heap, struct arena *arena);
void insert_arena_after(struct arena *arena, struct arena *left);

/* Sees to it that there is a usable arena, a new one if need be; false: none
 * is to be had. */
bool have_usable_arena(struct pymalloc *heap);

/* A free pool of the head, which leaves the list when that was its last. The
 * place of the head is the caller's business. */
struct pool *take_pool_of_head(struct pymalloc *heap);

/* Puts a pool back into its arena and returns that; the old count is
 * nfreepools - 1. An arena whose nfreepools is 1 now is in no list. */
struct arena *put_back(struct pymalloc *heap, struct pool *pool);

/* Whether an arena that got a pool back is to be given back, at the place in
 * the list that it has had so far. */
bool is_to_be_given(const struct pymalloc *heap, const struct arena *arena);

/* Takes a wholly free arena out of the list and gives it back. */
void give_arena(struct pymalloc *heap, struct arena *arena);

#endif
