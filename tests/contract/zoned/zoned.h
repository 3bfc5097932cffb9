/* A library that does not have malloc's shape: its calls want a zone. */
#ifndef GIVEBACK_CONTRACT_ZONED_H
#define GIVEBACK_CONTRACT_ZONED_H

#include <stddef.h>

struct zone;

/* The zone of that name; NULL where there is none: there is "main". */
struct zone *zone_open(const char *name);
void *zone_take(struct zone *zone, size_t bytes);
void zone_give(struct zone *zone, void *block);

#endif
