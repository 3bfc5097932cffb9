/* Resident pages by address, in few units. */
#include "page_units.h"

/* Makes units twice as large: two that become one are side by side. */
static void double_units(struct page_units *units)
{
    size_t kept = 0;
    for (size_t i = 0; i < units->count; i++) {
        struct page_unit unit = units->units[i];
        unit.number /= 2;
        struct page_unit *last = kept ? &units->units[kept - 1] : NULL;
        if (last && last->number == unit.number) {
            last->live_pages += unit.live_pages;
            last->dead_pages += unit.dead_pages;
        } else {
            units->units[kept++] = unit;
        }
    }
    units->count = kept;
    units->shift++;
}

static bool ends_with(const struct page_units *units, uint64_t page)
{
    return units->count &&
           units->units[units->count - 1].number == page >> units->shift;
}

void page_units_add(struct page_units *units, uint64_t page, bool live)
{
    while (!ends_with(units, page)) {
        if (units->count == PAGE_UNITS) {
            double_units(units);
            continue;
        }
        units->units[units->count++] =
            (struct page_unit){.number = page >> units->shift};
    }
    struct page_unit *last = &units->units[units->count - 1];
    last->live_pages += live;
    last->dead_pages += !live;
}
