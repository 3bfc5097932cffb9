/* A map of arenas as JSON. */
#include "support/arena_map.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Between the last row and the next one: room for what ends the one and
 * begins the other. */
enum { GAP_BYTES = 64 };

static bool fits(const struct arena_map *map)
{
    return map->length <= map->size;
}

/* Formats integers and words: libc allocates nothing for these. */
__attribute__((format(printf, 2, 3))) static void
append(struct arena_map *map, const char *format, ...)
{
    char text[GAP_BYTES];
    va_list arguments;
    va_start(arguments, format);
    const int bytes = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (fits(map) && (size_t)bytes <= map->size - map->length) {
        memcpy(map->out + map->length, text, (size_t)bytes);
    }
    map->length += fits(map) ? (size_t)bytes : 0;
}

void arena_map_begin(struct arena_map *map, char *out, size_t size)
{
    *map = (struct arena_map){.out = out, .size = size};
    append(map, "{");
}

void arena_map_number(struct arena_map *map, const char *key, uint64_t value)
{
    append(map, "\"%s\":", key);
    append(map, "%" PRIu64 ",", value);
}

static void end_run(struct arena_map *map)
{
    if (map->run == 1) {
        append(map, "%c", map->letter);
    } else if (map->run > 1) {
        append(map, "%" PRIu64 "%c", map->run, map->letter);
    }
    map->run = 0;
}

/* Completes the row that was ended last, if there is one. */
static void close_row(struct arena_map *map)
{
    if (map->count > 1) {
        append(map, "*%" PRIu64, map->count);
    }
    append(map, map->count > 0 ? "\"" : "\"map\":[");
}

static bool repeats(const struct arena_map *map, size_t bytes)
{
    return map->count > 0 && map->arena == map->first + map->count &&
           bytes == map->row_bytes &&
           memcmp(map->out + map->row, map->out + map->start, bytes) == 0;
}

/* The row was written behind a gap: either it says the same as the last one
 * and is dropped, or it moves up to it. */
static void end_row(struct arena_map *map)
{
    end_run(map);
    if (!fits(map) || map->start == 0) {
        return;
    }
    const size_t bytes = map->length - map->start;
    map->length = map->start - GAP_BYTES;
    if (repeats(map, bytes)) {
        map->count++;
        return;
    }
    const bool is_first = map->count == 0;
    close_row(map);
    append(map, "%s\"%" PRIu64 ":", is_first ? "" : ",", map->arena);
    memmove(map->out + map->length, map->out + map->start, bytes);
    map->row = map->length;
    map->row_bytes = bytes;
    map->length += bytes;
    map->first = map->arena;
    map->count = 1;
}

void arena_map_arena(struct arena_map *map, uint64_t index)
{
    end_row(map);
    map->arena = index;
    map->length += fits(map) ? GAP_BYTES : 0;
    map->start = map->length;
}

void arena_map_pool(struct arena_map *map, char letter)
{
    if (map->letter != letter) {
        end_run(map);
        map->letter = letter;
    }
    map->run++;
}

char arena_map_letter(uint64_t live, uint64_t blocks)
{
    static const char tenths[] = "abcdefghijF";
    return tenths[10 * live / blocks];
}

size_t arena_map_end(struct arena_map *map)
{
    end_row(map);
    close_row(map);
    append(map, "]}");
    return map->length;
}
