/* Page truth: which resident pages hold a live byte, and which hold none. */
#include "pages.h"

#include <string.h>

#include "scratch.h"

enum { PAGE_BYTES = 4096, MAPPING_CAPACITY = 1 << 17 };

struct mapping {
    uint64_t first_page, page_count;
    uint64_t first_bit; /* in the bitmaps; a multiple of 64 */
};

struct page_map {
    struct mapping *mappings; /* ascending */
    size_t mapping_count;
    size_t last; /* the mapping that held the last block */
    uint64_t *resident, *live;
    uint64_t bit_capacity, bit_count;
    bool overflow;
};

/* One granule while the pages pass by in ascending order. */
struct granule {
    uint64_t pages; /* per granule */
    uint64_t current, resident_pages;
    bool live;
    uint64_t stay_bytes;
};

struct page_map *page_map_create(uint64_t page_capacity, struct reason *reason)
{
    struct page_map *map = scratch_map(sizeof *map, reason);
    if (!map) {
        return NULL;
    }
    map->mappings =
        scratch_map(MAPPING_CAPACITY * sizeof *map->mappings, reason);
    map->resident = scratch_map(page_capacity / 8, reason);
    map->live = scratch_map(page_capacity / 8, reason);
    map->bit_capacity = page_capacity;
    return map->mappings && map->resident && map->live ? map : NULL;
}

void page_map_clear(struct page_map *map)
{
    map->mapping_count = 0;
    map->last = 0;
    map->bit_count = 0;
    map->overflow = false;
}

void page_map_add(void *context, uint64_t start, uint64_t page_count,
                  const uint64_t *resident)
{
    struct page_map *map = context;
    const uint64_t words = (page_count + 63) / 64;
    if (map->mapping_count == MAPPING_CAPACITY ||
        words * 64 > map->bit_capacity - map->bit_count) {
        map->overflow = true;
        return;
    }
    map->mappings[map->mapping_count++] = (struct mapping){
        .first_page = start / PAGE_BYTES,
        .page_count = page_count,
        .first_bit = map->bit_count,
    };
    memcpy(map->resident + map->bit_count / 64, resident, words * 8);
    memset(map->live + map->bit_count / 64, 0, words * 8);
    map->bit_count += words * 64;
}

static bool mapping_holds(const struct mapping *mapping, uint64_t page)
{
    return page - mapping->first_page < mapping->page_count;
}

/* The mapping that holds a page, or NULL. */
static const struct mapping *find_mapping(struct page_map *map, uint64_t page)
{
    if (map->last < map->mapping_count &&
        mapping_holds(&map->mappings[map->last], page)) {
        return &map->mappings[map->last];
    }
    size_t low = 0, high = map->mapping_count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (map->mappings[middle].first_page <= page) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0 || !mapping_holds(&map->mappings[low - 1], page)) {
        return NULL;
    }
    map->last = low - 1;
    return &map->mappings[low - 1];
}

void page_map_mark(void *context, const void *block, size_t size)
{
    struct page_map *map = context;
    const uint64_t address = (uint64_t)(uintptr_t)block;
    if (size == 0) {
        return;
    }
    const uint64_t last = (address + size - 1) / PAGE_BYTES;
    for (uint64_t page = address / PAGE_BYTES; page <= last; page++) {
        const struct mapping *mapping = find_mapping(map, page);
        if (mapping) {
            const uint64_t bit =
                mapping->first_bit + (page - mapping->first_page);
            map->live[bit / 64] |= UINT64_C(1) << (bit % 64);
        }
    }
}

static void close_granule(struct granule *granule)
{
    if (granule->live) {
        granule->stay_bytes += granule->resident_pages * PAGE_BYTES;
    }
    granule->resident_pages = 0;
    granule->live = false;
}

static void pass_page(struct granule *granules, uint64_t page, bool live)
{
    for (int i = 0; i < GRANULE_COUNT; i++) {
        struct granule *granule = &granules[i];
        const uint64_t index = page / granule->pages;
        if (index != granule->current) {
            close_granule(granule);
            granule->current = index;
        }
        granule->resident_pages++;
        granule->live |= live;
    }
}

static void pass_mapping(const struct page_map *map,
                         const struct mapping *mapping,
                         struct granule *granules, struct pages *pages,
                         struct page_units *units)
{
    for (uint64_t i = 0; i < mapping->page_count; i += 64) {
        const uint64_t word = (mapping->first_bit + i) / 64;
        const uint64_t live_word = map->live[word] & map->resident[word];
        uint64_t resident_word = map->resident[word];
        pages->live_bytes +=
            (uint64_t)__builtin_popcountll(live_word) * PAGE_BYTES;
        pages->dead_bytes +=
            (uint64_t)__builtin_popcountll(resident_word & ~live_word) *
            PAGE_BYTES;
        while (resident_word) {
            const unsigned bit = (unsigned)__builtin_ctzll(resident_word);
            resident_word &= resident_word - 1;
            const uint64_t page = mapping->first_page + i + bit;
            pass_page(granules, page, (live_word >> bit) & 1);
            if (units) {
                page_units_add(units, page, (live_word >> bit) & 1);
            }
        }
    }
}

bool page_map_sum(const struct page_map *map, struct pages *pages,
                  struct page_units *units)
{
    static const uint64_t granule_bytes[GRANULE_COUNT] = GRANULE_BYTES;
    struct granule granules[GRANULE_COUNT];
    memset(pages, 0xff, sizeof *pages); /* all UNKNOWN */
    if (map->overflow) {
        return false;
    }
    pages->live_bytes = pages->dead_bytes = 0;
    for (int i = 0; i < GRANULE_COUNT; i++) {
        granules[i] = (struct granule){.pages = granule_bytes[i] / PAGE_BYTES,
                                       .current = UINT64_MAX};
    }
    for (size_t i = 0; i < map->mapping_count; i++) {
        pass_mapping(map, &map->mappings[i], granules, pages, units);
    }
    for (int i = 0; i < GRANULE_COUNT; i++) {
        close_granule(&granules[i]);
        pages->granule_bytes[i] = granules[i].stay_bytes;
    }
    if (units) {
        pages->unit_count = units->count;
        pages->unit_bytes = (uint64_t)PAGE_BYTES << units->shift;
    }
    return true;
}
