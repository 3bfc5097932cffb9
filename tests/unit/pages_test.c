/* harness/pages.c: page truth on layouts made by hand.
 *
 * Pages are named by their number from FIRST on, which is a multiple of the
 * largest granule: 2 MiB are 512 pages, 1 MiB 256, 256 KiB 64, 64 KiB 16,
 * 32 KiB 8, 16 KiB 4, 8 KiB 2.
 */
#include "unit.h"

#include "pages.h"
#include "random.h"

#define PAGE_BYTES UINT64_C(4096)
#define FIRST      UINT64_C(1024)

enum { WORDS_MAX = 16, PAGES_MAX = WORDS_MAX * 64, MAPPINGS_MAX = 1 << 17 };

static const uint64_t granule_bytes[GRANULE_COUNT] = GRANULE_BYTES;

static struct page_map *map_of(uint64_t page_capacity)
{
    struct reason reason = {""};
    struct page_map *map = page_map_create(page_capacity, &reason);
    assert_non_null(map);
    page_map_clear(map);
    return map;
}

/* One map for all tests: scratch is given back when the process ends. */
static struct page_map *clean_map(void)
{
    static struct page_map *map;
    if (!map) {
        map = map_of(UINT64_C(1) << 20);
    }
    page_map_clear(map);
    return map;
}

/* Adds pages first .. first+count-1, those of `resident` being resident;
 * `resident` ends in UINT64_MAX and counts from FIRST like `first`. */
static void add(struct page_map *map, uint64_t first, uint64_t count,
                const uint64_t *resident)
{
    uint64_t bits[WORDS_MAX] = {0};
    assert_true(count <= PAGES_MAX);
    for (; *resident != UINT64_MAX; resident++) {
        const uint64_t bit = *resident - first;
        assert_true(bit < count);
        bits[bit / 64] |= UINT64_C(1) << (bit % 64);
    }
    page_map_add(map, (FIRST + first) * PAGE_BYTES, count, bits);
}

static void add_all_resident(struct page_map *map, uint64_t first,
                             uint64_t count)
{
    uint64_t resident[PAGES_MAX + 1];
    for (uint64_t i = 0; i < count; i++) {
        resident[i] = first + i;
    }
    resident[count] = UINT64_MAX;
    add(map, first, count, resident);
}

/* A live block at an offset into a page. */
static void mark(struct page_map *map, uint64_t page, uint64_t offset,
                 size_t size)
{
    const uint64_t address = (FIRST + page) * PAGE_BYTES + offset;
    page_map_mark(map, (const void *)(uintptr_t)address, size);
}

/* All figures in pages: live, dead, and what stays at each granule. */
static void assert_sum(const struct page_map *map, uint64_t live,
                       uint64_t dead, const uint64_t *stay)
{
    struct pages pages;
    assert_true(page_map_sum(map, &pages, NULL));
    assert_int_equal(pages.unit_bytes, UNKNOWN);
    assert_int_equal(pages.unit_count, UNKNOWN);
    assert_int_equal(pages.first_unit, UNKNOWN);
    assert_int_equal(pages.live_bytes, live * PAGE_BYTES);
    assert_int_equal(pages.dead_bytes, dead * PAGE_BYTES);
    for (size_t i = 0; i < GRANULE_COUNT; i++) {
        assert_int_equal(pages.granule_bytes[i], stay[i] * PAGE_BYTES);
    }
}

#define PAGES(...) ((const uint64_t[]){__VA_ARGS__, UINT64_MAX})
#define STAY(...)  ((const uint64_t[GRANULE_COUNT]){__VA_ARGS__})

static void a_granule_stays_whole_if_one_page_of_it_is_live(void **state)
{
    (void)state;
    struct page_map *map = clean_map();
    add(map, 0, 1024, PAGES(0, 1, 5, 16, 300, 600));
    mark(map, 1, 64, 16);
    /* 4 KiB: page 1. 8 KiB is pages 0-1: 0 and 1 stay. 16 KiB is 0-3: the
     * same. 32 KiB is 0-7: 5 too. 64 KiB is 0-15: the same. 256 KiB is 0-63:
     * 16 too. 1 MiB is 0-255: the same. 2 MiB is 0-511: 300 too. Page 600
     * lies in the next one, without a live byte. */
    assert_sum(map, 1, 5, STAY(1, 2, 2, 3, 3, 4, 4, 5));
}

static void granules_lie_on_the_grid_of_addresses_not_of_mappings(void **state)
{
    (void)state;
    struct page_map *map = clean_map();
    add_all_resident(map, 2, 16); /* pages 2 to 17 */
    mark(map, 2, 0, 1);
    /* 8 KiB is pages 2-3, and of 16 KiB, 0-3, no others are there. 32 KiB is
     * 0-7: 2 to 7 are six. 64 KiB is 0-15: 2 to 15 are fourteen. From 256
     * KiB on all sixteen. */
    assert_sum(map, 1, 15, STAY(1, 2, 2, 6, 14, 16, 16, 16));
}

static void a_granule_may_span_mappings_and_the_gap_between_them(void **state)
{
    (void)state;
    struct page_map *map = clean_map();
    add(map, 0, 2, PAGES(0, 1));
    add(map, 3, 2, PAGES(3, 4));
    add(map, 500, 30, PAGES(500, 511, 512));
    mark(map, 3, 4095, 1);
    /* 8 KiB is pages 2-3: 3 alone. 16 KiB is 0-3: 0, 1, 3. 32 KiB is 0-7: 4
     * too. 64 KiB to 1 MiB the same. 2 MiB is 0-511: 500 and 511 too; 512 is
     * the next. */
    assert_sum(map, 1, 6, STAY(1, 1, 3, 4, 4, 4, 4, 6));
}

static void two_live_granules_add_up(void **state)
{
    (void)state;
    struct page_map *map = clean_map();
    add(map, 0, 1024, PAGES(0, 1, 2, 511, 512, 1023));
    mark(map, 0, 0, 8);
    mark(map, 1023, 4088, 8);
    /* Page 0's granules hold 1 from 8 KiB, 2 from 16 KiB and 511 from 2 MiB
     * on;
     * page 1023's hold it alone below 2 MiB, and 512 from there on. */
    assert_sum(map, 2, 4, STAY(2, 3, 4, 4, 4, 4, 4, 6));
}

static void a_block_makes_every_page_live_that_it_touches(void **state)
{
    (void)state;
    struct page_map *map = clean_map();
    add_all_resident(map, 0, 8);
    /* Bytes 100 to 12387 from page 2 on: pages 2, 3, 4 and 5. */
    mark(map, 2, 100, 3 * PAGE_BYTES);
    /* 8 KiB: pages 2-3 and 4-5. 16 KiB: 0-3 and 4-7, both live. */
    assert_sum(map, 4, 4, STAY(4, 4, 8, 8, 8, 8, 8, 8));
}

static void a_block_that_ends_with_its_page_leaves_the_next_one(void **state)
{
    (void)state;
    struct page_map *map = clean_map();
    add_all_resident(map, 0, 8);
    mark(map, 3, 0, PAGE_BYTES);
    assert_sum(map, 1, 7, STAY(1, 2, 4, 8, 8, 8, 8, 8));
}

static void a_block_may_cross_from_mapping_to_mapping(void **state)
{
    (void)state;
    struct page_map *map = clean_map();
    add_all_resident(map, 0, 4);
    add_all_resident(map, 4, 4); /* side by side with the first */
    add_all_resident(map, 10, 2);
    /* Pages 3 to 10; 8 and 9 are mapped by nobody. */
    mark(map, 3, 2048, 7 * PAGE_BYTES);
    assert_sum(map, 6, 4, STAY(6, 8, 10, 10, 10, 10, 10, 10));
}

static void a_page_that_is_not_resident_holds_no_live_byte(void **state)
{
    (void)state;
    struct page_map *map = clean_map();
    add(map, 0, 64, PAGES(1));
    mark(map, 0, 0, 64);
    assert_sum(map, 0, 1, STAY(0, 0, 0, 0, 0, 0, 0, 0));
}

static void blocks_outside_every_mapping_change_nothing(void **state)
{
    (void)state;
    struct page_map *map = clean_map();
    mark(map, 5, 0, 100); /* none is there yet */
    add_all_resident(map, 4, 4);
    add_all_resident(map, 12, 4);
    mark(map, 3, 0, 4096);  /* before the first */
    mark(map, 8, 0, 4096);  /* just behind it */
    mark(map, 11, 0, 4096); /* just before the second */
    mark(map, 16, 0, 4096); /* behind the last */
    assert_sum(map, 0, 8, STAY(0, 0, 0, 0, 0, 0, 0, 0));
}

static void a_block_of_no_bytes_is_on_no_page(void **state)
{
    (void)state;
    struct page_map *map = clean_map();
    add_all_resident(map, 0, 4);
    mark(map, 1, 0, 0);
    assert_sum(map, 0, 4, STAY(0, 0, 0, 0, 0, 0, 0, 0));
}

static void pages_beyond_the_first_word_keep_their_place(void **state)
{
    (void)state;
    struct page_map *map = clean_map();
    add_all_resident(map, 0, 65); /* one more than a word holds */
    add_all_resident(map, 70, 130);
    mark(map, 63, 0, 1);
    mark(map, 64, 0, 1);
    mark(map, 198, 0, 1);
    /* 8 KiB: 62-63 and 198-199 are two each, 64-65 only page 64. 16 KiB:
     * 60-63 are four, 64-67 only page 64, 196-199 are four. 32 KiB: 56-63 are
     * eight, 64-71 are 64, 70 and 71, 192-199 are eight. 64 KiB: 48-63 are 16;
     * 64-79 are 64 and 70 to 79, eleven; 192-207 are 192 to 199, eight. 256
     * KiB: 0-63 are 64; 64-127 are 64 and 70 to 127, 59; 192-255 are eight.
     * From 1 MiB on all 195. */
    assert_sum(map, 3, 192, STAY(3, 5, 9, 19, 35, 131, 195, 195));
}

static void a_cleared_map_has_forgotten_mappings_and_marks(void **state)
{
    (void)state;
    struct page_map *map = clean_map();
    add_all_resident(map, 0, 8);
    mark(map, 0, 0, 8 * PAGE_BYTES);
    page_map_clear(map);
    assert_sum(map, 0, 0, STAY(0, 0, 0, 0, 0, 0, 0, 0));
    add_all_resident(map, 0, 8);
    assert_sum(map, 0, 8, STAY(0, 0, 0, 0, 0, 0, 0, 0));
}

static void assert_unknown(const struct page_map *map)
{
    struct pages pages;
    memset(&pages, 0, sizeof pages);
    assert_false(page_map_sum(map, &pages, &(struct page_units){0}));
    assert_int_equal(pages.live_bytes, UNKNOWN);
    assert_int_equal(pages.dead_bytes, UNKNOWN);
    assert_int_equal(pages.unit_count, UNKNOWN);
    for (size_t i = 0; i < GRANULE_COUNT; i++) {
        assert_int_equal(pages.granule_bytes[i], UNKNOWN);
    }
}

static void too_many_pages_make_every_figure_unknown(void **state)
{
    (void)state;
    struct page_map *map = map_of(256);
    add_all_resident(map, 0, 128);
    add_all_resident(map, 200, 128);
    assert_sum(map, 0, 256, STAY(0, 0, 0, 0, 0, 0, 0, 0));
    add_all_resident(map, 400, 1);
    assert_unknown(map);
    page_map_clear(map);
    add_all_resident(map, 0, 256);
    mark(map, 0, 0, 1);
    assert_sum(map, 1, 255, STAY(1, 2, 4, 8, 16, 64, 256, 256));
}

static void too_many_mappings_make_every_figure_unknown(void **state)
{
    (void)state;
    struct page_map *map = map_of((MAPPINGS_MAX + 1) * UINT64_C(64));
    for (uint64_t i = 0; i < MAPPINGS_MAX; i++) {
        add_all_resident(map, 2 * i, 1);
    }
    mark(map, 2 * (MAPPINGS_MAX - UINT64_C(1)), 0, 1);
    /* Every other page is there: half of a granule. */
    assert_sum(map, 1, MAPPINGS_MAX - 1, STAY(1, 1, 2, 4, 8, 32, 128, 256));
    add_all_resident(map, UINT64_C(2) * MAPPINGS_MAX, 1);
    assert_unknown(map);
}

/* ---- by address -----------------------------------------------------------
 */

struct map_by_address {
    struct page_unit units[PAGE_UNITS + 1]; /* the last one is not touched */
    struct page_units all;
    struct pages pages;
};

static void sum_by_address(const struct page_map *map,
                           struct map_by_address *found)
{
    memset(found, 0, sizeof *found);
    found->all.units = found->units;
    assert_true(page_map_sum(map, &found->pages, &found->all));
    assert_int_equal(found->pages.unit_count, found->all.count);
    assert_int_equal(found->pages.unit_bytes, PAGE_BYTES << found->all.shift);
    assert_int_equal(found->pages.first_unit, UNKNOWN);
    assert_int_equal(found->units[PAGE_UNITS].number, 0);
}

static void assert_unit(const struct map_by_address *found, size_t index,
                        uint64_t number, uint32_t live, uint32_t dead)
{
    assert_true(index < found->all.count);
    assert_int_equal(found->units[index].number, number);
    assert_int_equal(found->units[index].live_pages, live);
    assert_int_equal(found->units[index].dead_pages, dead);
}

static void few_pages_are_units_of_their_own(void **state)
{
    (void)state;
    struct map_by_address found;
    struct page_map *map = clean_map();
    add(map, 0, 300, PAGES(0, 1, 299));
    mark(map, 1, 0, 16);
    sum_by_address(map, &found);
    assert_int_equal(found.all.count, 3);
    assert_int_equal(found.all.shift, 0);
    assert_unit(&found, 0, FIRST, 0, 1);
    assert_unit(&found, 1, FIRST + 1, 1, 0);
    assert_unit(&found, 2, FIRST + 299, 0, 1);
    page_map_clear(map);
    sum_by_address(map, &found);
    assert_int_equal(found.all.count, 0);
}

static void units_double_only_when_they_are_too_many(void **state)
{
    (void)state;
    struct map_by_address found;
    struct page_map *map = clean_map();
    add_all_resident(map, 1, PAGE_UNITS);
    sum_by_address(map, &found);
    assert_int_equal(found.all.shift, 0);
    assert_int_equal(found.all.count, PAGE_UNITS);
    /* One more: pages 1 to 129, in units of two from 0-1 to 128-129. */
    add_all_resident(map, PAGE_UNITS + 1, 1);
    mark(map, 5, 0, 8);
    sum_by_address(map, &found);
    assert_int_equal(found.all.shift, 1);
    assert_int_equal(found.all.count, PAGE_UNITS / 2 + 1);
    assert_unit(&found, 0, FIRST / 2, 0, 1);
    assert_unit(&found, 2, FIRST / 2 + 2, 1, 1);
    assert_unit(&found, PAGE_UNITS / 2, FIRST / 2 + PAGE_UNITS / 2, 0, 2);
}

static void pages_far_apart_take_units_as_large_as_it_needs(void **state)
{
    (void)state;
    struct map_by_address found;
    struct page_map *map = clean_map();
    /* In 129 places 2^12 pages apart: no unit below 2^13 joins two. */
    for (uint64_t i = 0; i <= PAGE_UNITS; i++) {
        add_all_resident(map, (i << 12) + 7, 2);
    }
    sum_by_address(map, &found);
    assert_int_equal(found.all.shift, 13);
    assert_int_equal(found.all.count, PAGE_UNITS / 2 + 1);
    assert_unit(&found, 0, 0, 0, 4);
    assert_unit(&found, PAGE_UNITS / 2, PAGE_UNITS / 2, 0, 2);
}

/* ---- against a second opinion ---------------------------------------------
 */

enum { RANDOM_PAGES = 1500 };

struct layout {
    bool mapped[RANDOM_PAGES], resident[RANDOM_PAGES], live[RANDOM_PAGES];
};

static void make_layout(struct layout *layout, struct random *random,
                        struct page_map *map)
{
    memset(layout, 0, sizeof *layout);
    for (uint64_t first = random_below(random, 20); first < RANDOM_PAGES;) {
        const uint64_t left = RANDOM_PAGES - first;
        const uint64_t wanted = 1 + random_below(random, 200);
        const uint64_t count = wanted < left ? wanted : left;
        uint64_t resident[201], found = 0;
        for (uint64_t page = first; page < first + count; page++) {
            layout->mapped[page] = true;
            if (random_below(random, 3) > 0) {
                layout->resident[page] = true;
                resident[found++] = page;
            }
        }
        resident[found] = UINT64_MAX;
        add(map, first, count, resident);
        first += count + random_below(random, 30);
    }
}

static void make_blocks(struct layout *layout, struct random *random,
                        struct page_map *map)
{
    for (int i = 0; i < 20; i++) {
        const uint64_t page = random_below(random, RANDOM_PAGES - 4);
        const uint64_t offset = random_below(random, PAGE_BYTES);
        const size_t size = 1 + random_below(random, 3 * PAGE_BYTES);
        mark(map, page, offset, size);
        for (uint64_t byte = offset; byte < offset + size; byte++) {
            layout->live[page + byte / PAGE_BYTES] = true;
        }
    }
}

/* Asks every page of each unit; no unit is left out, none is empty, and half
 * their size would be too many. */
static void assert_units(const struct layout *layout,
                         const struct page_map *map)
{
    struct map_by_address found;
    size_t units[2] = {0}; /* of their size and of half of it */
    sum_by_address(map, &found);
    assert_true(found.all.shift > 0);
    for (unsigned half = 0; half < 2; half++) {
        const uint64_t length = UINT64_C(1) << (found.all.shift - half);
        for (uint64_t from = 0; from < RANDOM_PAGES; from += length) {
            uint32_t live = 0, dead = 0;
            for (uint64_t p = from; p < from + length && p < RANDOM_PAGES;
                 p++) {
                live += layout->resident[p] && layout->live[p];
                dead += layout->resident[p] && !layout->live[p];
            }
            if (live + dead && half == 0) {
                assert_unit(&found, units[0], (FIRST + from) / length, live,
                            dead);
            }
            units[half] += live + dead > 0;
        }
    }
    assert_int_equal(units[0], found.all.count);
    assert_true(units[1] > PAGE_UNITS);
}

/* Whether a page stays: asks every other page of its granule. */
static bool stays(const struct layout *layout, uint64_t page,
                  uint64_t granule_pages)
{
    const uint64_t first = page / granule_pages * granule_pages;
    for (uint64_t p = first; p < first + granule_pages; p++) {
        if (p < RANDOM_PAGES && layout->resident[p] && layout->live[p]) {
            return true;
        }
    }
    return false;
}

static void random_layouts_agree_with_asking_page_by_page(void **state)
{
    (void)state;
    static struct layout layout;
    struct random random = random_seeded(42);
    for (int round = 0; round < 30; round++) {
        struct page_map *map = clean_map();
        make_layout(&layout, &random, map);
        make_blocks(&layout, &random, map);
        uint64_t live = 0, dead = 0, stay[GRANULE_COUNT] = {0};
        for (uint64_t page = 0; page < RANDOM_PAGES; page++) {
            live += layout.resident[page] && layout.live[page];
            dead += layout.resident[page] && !layout.live[page];
            for (size_t i = 0; i < GRANULE_COUNT; i++) {
                stay[i] += layout.resident[page] &&
                           stays(&layout, page, granule_bytes[i] / PAGE_BYTES);
            }
        }
        assert_true(live > 0 && dead > 0);
        assert_sum(map, live, dead, stay);
        assert_units(&layout, map);
    }
}

static void a_map_too_large_for_the_machine_is_refused_in_words(void **state)
{
    (void)state;
    struct reason reason = {""};
    assert_null(page_map_create(UINT64_MAX, &reason));
    assert_contains(reason.text, "scratch");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_granule_stays_whole_if_one_page_of_it_is_live),
        cmocka_unit_test(
            granules_lie_on_the_grid_of_addresses_not_of_mappings),
        cmocka_unit_test(a_granule_may_span_mappings_and_the_gap_between_them),
        cmocka_unit_test(two_live_granules_add_up),
        cmocka_unit_test(a_block_makes_every_page_live_that_it_touches),
        cmocka_unit_test(a_block_that_ends_with_its_page_leaves_the_next_one),
        cmocka_unit_test(a_block_may_cross_from_mapping_to_mapping),
        cmocka_unit_test(a_page_that_is_not_resident_holds_no_live_byte),
        cmocka_unit_test(blocks_outside_every_mapping_change_nothing),
        cmocka_unit_test(a_block_of_no_bytes_is_on_no_page),
        cmocka_unit_test(pages_beyond_the_first_word_keep_their_place),
        cmocka_unit_test(a_cleared_map_has_forgotten_mappings_and_marks),
        cmocka_unit_test(too_many_pages_make_every_figure_unknown),
        cmocka_unit_test(too_many_mappings_make_every_figure_unknown),
        cmocka_unit_test(few_pages_are_units_of_their_own),
        cmocka_unit_test(units_double_only_when_they_are_too_many),
        cmocka_unit_test(pages_far_apart_take_units_as_large_as_it_needs),
        cmocka_unit_test(random_layouts_agree_with_asking_page_by_page),
        cmocka_unit_test(a_map_too_large_for_the_machine_is_refused_in_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
