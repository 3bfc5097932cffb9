/* Page truth as JSON; its map as text, as results/README.md has it. */
#include "encode_pages.h"

#include <inttypes.h>

#include "json_values.h"

enum {
    PAGE_BYTES = 4096,
    UNIT_TEXT_BYTES = 32, /* " 4294967295+4294967295*128" */
};

/* The units from `first` on that lie side by side: how many. */
static size_t adjacent(const struct page_unit *units, size_t count)
{
    size_t length = 1;
    while (length < count &&
           units[length].number == units[length - 1].number + 1) {
        length++;
    }
    return length;
}

static size_t equal_units(const struct page_unit *units, size_t count)
{
    size_t length = 1;
    while (length < count && units[length].live_pages == units->live_pages &&
           units[length].dead_pages == units->dead_pages) {
        length++;
    }
    return length;
}

/* "1234:5+7*2 0+12" */
static json_t *encode_stretch(const struct page_unit *units, size_t count)
{
    char line[(PAGE_UNITS + 1) * UNIT_TEXT_BYTES];
    size_t end =
        (size_t)snprintf(line, sizeof line, "%" PRIu64 ":", units->number);
    for (size_t i = 0; i < count;) {
        const size_t length = equal_units(units + i, count - i);
        end += (size_t)snprintf(line + end, sizeof line - end,
                                "%s%" PRIu32 "+%" PRIu32, i ? " " : "",
                                units[i].live_pages, units[i].dead_pages);
        if (length > 1) {
            end += (size_t)snprintf(line + end, sizeof line - end, "*%zu",
                                    length);
        }
        i += length;
    }
    return text(line);
}

/* What was lost on its way to the parent adds up to something else. */
static bool adds_up(const struct page_unit *units, const struct pages *pages)
{
    uint64_t live = 0, dead = 0;
    for (size_t i = 0; i < pages->unit_count; i++) {
        live += units[i].live_pages;
        dead += units[i].dead_pages;
    }
    return live * PAGE_BYTES == pages->live_bytes &&
           dead * PAGE_BYTES == pages->dead_bytes;
}

static json_t *encode_map(const struct report *report,
                          const struct pages *pages)
{
    if (pages->first_unit > UNIT_CAPACITY || /* UNKNOWN is such */
        pages->unit_count > PAGE_UNITS ||
        pages->unit_count > UNIT_CAPACITY - pages->first_unit) {
        return json_null();
    }
    const struct page_unit *units = report->units + pages->first_unit;
    if (!adds_up(units, pages)) {
        return json_null();
    }
    json_t *map = json_object();
    json_t *stretches = json_array();
    PUT_NUMBERS(map, {"unit_bytes", pages->unit_bytes});
    for (size_t i = 0; i < pages->unit_count;) {
        const size_t count = adjacent(units + i, pages->unit_count - i);
        (void)json_array_append_new(stretches,
                                    encode_stretch(units + i, count));
        i += count;
    }
    put(map, "stretches", stretches);
    return map;
}

json_t *encode_pages(const struct report *report, const struct pages *pages)
{
    static const uint64_t granule_bytes[GRANULE_COUNT] = GRANULE_BYTES;
    if (pages->live_bytes == UNKNOWN) {
        return json_null();
    }
    json_t *object = json_object();
    json_t *granules = json_object();
    PUT_NUMBERS(object, {"live_bytes", pages->live_bytes},
                {"dead_bytes", pages->dead_bytes});
    for (size_t i = 0; i < GRANULE_COUNT; i++) {
        char key[24];
        (void)snprintf(key, sizeof key, "%" PRIu64, granule_bytes[i]);
        put(granules, key, number(pages->granule_bytes[i]));
    }
    put(object, "granules", granules);
    put(object, "map", encode_map(report, pages));
    return object;
}
