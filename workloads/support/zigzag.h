/* The order of release that moves pymalloc's arenas about most: pool j of
 * every arena, arenas upwards for even j and downwards for odd j, so that the
 * arenas' counts of free pools change places as often as they can.
 *
 * Arenas and pools go by the number of the object, as a sequential fill of
 * pymalloc lays them out: never by address, so that the requests are the same
 * on every allocator.
 */
#ifndef GIVEBACK_SUPPORT_ZIGZAG_H
#define GIVEBACK_SUPPORT_ZIGZAG_H

#include <stddef.h>

/* Arranges `count` slots of objects of `size` bytes, which stand in the order
 * of their making; `room` holds as many. */
void slots_zigzag(void **slots, size_t count, size_t size, void **room);

#endif
