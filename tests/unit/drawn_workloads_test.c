/* What the workloads that draw their whole course ask for: caps, evictions,
 * survivors and lifetimes, read from their scripts. */
#include "drawn.h"

#include "../../workloads/support/production_sizes.h"

enum { ENTRY_BLOCKS = 3 }; /* value, key and node of a key-value cache */

/* Walks through a script; `most` is the highest sum of live bytes. */
static int64_t walk(const struct script *script, int64_t live, int64_t *most)
{
    for (size_t i = 0; i < script->count; i++) {
        live += script->requests[i].bytes;
        *most = live > *most ? live : *most;
    }
    return live;
}

static size_t count_made(const struct script *script)
{
    size_t made = 0;
    for (size_t i = 0; i < script->count; i++) {
        made += script->requests[i].bytes > 0;
    }
    return made;
}

/* ---- every course ---------------------------------------------------------
 */

static const char *const courses[] = {
    "block_cache+live=4M+replacements=3000",
    "server_mix+live=4M+replacements=30000",
    "random_delete+objects=5000",
    "size_shift_cache+live=1M+objects=9000+others=3000",
    "size_shift_cache+live=1M+objects=9000+others=3000+eviction=random",
    "size_shift_cache+live=1M+objects=9000+others=3000+eviction=fifo",
};
enum { COURSES = sizeof courses / sizeof *courses };

/* A slot that is made is free, one that is released holds these bytes. */
static void check_slots(const struct script *script, int32_t *held,
                        size_t slots)
{
    for (size_t i = 0; i < script->count; i++) {
        const struct request request = script->requests[i];
        assert_true(request.slot < slots);
        assert_true(request.bytes != 0);
        assert_int_equal(held[request.slot],
                         request.bytes > 0 ? 0 : -request.bytes);
        held[request.slot] = request.bytes > 0 ? request.bytes : 0;
    }
}

static void free_slots_are_filled_and_full_ones_released(void **state)
{
    (void)state;
    for (size_t i = 0; i < COURSES; i++) {
        const struct course *course = drawn(courses[i], 1);
        int32_t *held = calloc(course->table.count, sizeof *held);
        assert_non_null(held);
        check_slots(&course->first, held, course->table.count);
        check_slots(&course->fill, held, course->table.count);
        check_slots(&course->drain, held, course->table.count);
        assert_int_equal(count_made(&course->drain), 0);
        free(held);
    }
}

static bool is_same(const struct script *one, const struct script *two)
{
    return one->count == two->count &&
           memcmp(one->requests, two->requests,
                  one->count * sizeof *one->requests) == 0;
}

static void a_seed_draws_the_same_course_and_another_seed_another(void **state)
{
    (void)state;
    for (size_t i = 0; i < COURSES; i++) {
        const struct course *course = drawn(courses[i], 1);
        const struct course *again = drawn(courses[i], 1);
        const struct course *other = drawn(courses[i], 2);
        assert_true(is_same(&course->first, &again->first));
        assert_true(is_same(&course->fill, &again->fill));
        assert_true(is_same(&course->drain, &again->drain));
        assert_false(is_same(&course->drain, &other->drain));
    }
}

/* ---- block_cache ----------------------------------------------------------
 */

static void a_block_cache_stays_under_its_cap_but_for_the_new_block(void **s)
{
    (void)s;
    const int64_t cap = 16 << 20, largest = 8192 + 65536;
    const struct course *course =
        drawn("block_cache+live=16M+replacements=20000", 1);
    int64_t most = 0;
    int64_t live = walk(&course->first, 0, &most);
    assert_in_range(live, cap - largest, cap);
    live = walk(&course->fill, live, &most);
    assert_in_range(live, cap - 2 * largest, cap);
    assert_in_range(most, cap, cap + largest);
    assert_int_equal(count_made(&course->fill), 20000);
    live = walk(&course->drain, live, &most);
    assert_in_range(live, cap / 10 - largest, cap / 10);
}

static void one_block_in_sixteen_of_a_block_cache_is_large(void **state)
{
    (void)state;
    const struct course *course =
        drawn("block_cache+live=1M+replacements=100000", 1);
    size_t above = 0;
    for (size_t i = 0; i < course->fill.count; i++) {
        const int32_t bytes = course->fill.requests[i].bytes;
        if (bytes > 0) {
            assert_in_range(bytes, 2048, 8192 + 65536);
            above += bytes > 8192;
        }
    }
    /* Of 6,250 that get up to 64 KiB more, 3 in 64 stay below 8 KiB. */
    assert_in_range(above, 5650, 6250);
}

/* ---- random_delete --------------------------------------------------------
 */

static void whole_entries_are_deleted_exactly_as_many_as_asked_for(void **s)
{
    (void)s;
    const struct course *course = drawn("random_delete+objects=10000", 1);
    assert_int_equal(course->fill.count, 10000 * ENTRY_BLOCKS);
    assert_int_equal(course->drain.count, 8000 * ENTRY_BLOCKS);
    for (size_t i = 0; i < course->drain.count; i += ENTRY_BLOCKS) {
        const struct request *parts = &course->drain.requests[i];
        assert_int_equal(parts[0].slot % ENTRY_BLOCKS, 0);
        assert_int_equal(parts[1].slot, parts[0].slot + 1);
        assert_int_equal(parts[2].slot, parts[0].slot + 2);
        assert_in_range(-parts[0].bytes, 32, 512);
        assert_int_equal(parts[1].bytes, -24);
        assert_int_equal(parts[2].bytes, -24);
    }
}

static void entries_are_deleted_from_everywhere(void **state)
{
    (void)state;
    const struct course *course = drawn("random_delete+objects=10000", 1);
    size_t tenths[10] = {0}, upwards = 0;
    for (size_t i = 0; i < course->drain.count; i += ENTRY_BLOCKS) {
        const struct request *parts = &course->drain.requests[i];
        tenths[parts->slot / (1000 * ENTRY_BLOCKS)]++;
        upwards += i > 0 && parts->slot > (parts - ENTRY_BLOCKS)->slot;
    }
    for (size_t i = 0; i < 10; i++) {
        assert_in_range(tenths[i], 740, 860); /* 800: five deviations of 12 */
    }
    assert_in_range(upwards, 3800, 4200);
}

/* ---- size_shift_cache -----------------------------------------------------
 */

#define SMALL_CACHE "size_shift_cache+live=1M+objects=9000+others=3000"

/* The mean of how many entries came in between an entry and its eviction, in
 * the fill and the inserts before it. */
static double mean_age_at_eviction(const struct course *course)
{
    const struct script *script = &course->first;
    uint64_t *born = calloc(course->table.count, sizeof *born);
    uint64_t inserted = 0, evicted = 0, ages = 0;
    assert_non_null(born);
    for (size_t i = 0; i < script->count; i += ENTRY_BLOCKS) {
        const struct request request = script->requests[i];
        if (request.bytes > 0) {
            born[request.slot] = inserted++;
        } else {
            ages += inserted - born[request.slot];
            evicted++;
        }
    }
    free(born);
    assert_true(evicted > 0);
    return (double)ages / (double)evicted;
}

static void a_key_value_cache_never_exceeds_its_cap(void **state)
{
    (void)state;
    const int64_t cap = 1 << 20, largest = 492 + 2 * 24;
    for (size_t i = 3; i < COURSES; i++) {
        const struct course *course = drawn(courses[i], 1);
        int64_t most = 0;
        int64_t live = walk(&course->first, 0, &most);
        assert_in_range(live, cap - largest, cap);
        live = walk(&course->fill, live, &most);
        assert_in_range(live, cap - largest, cap);
        assert_true(most <= cap);
        assert_int_equal(walk(&course->drain, live, &most), 0);
        assert_int_equal(count_made(&course->first), 9000 * ENTRY_BLOCKS);
        assert_int_equal(count_made(&course->fill), 3000 * ENTRY_BLOCKS);
    }
}

/* With C entries under the cap, fifo evicts at age C. At random the age is
 * geometric with mean C, cut off where the cache was filled. The oldest of
 * five lies between: rarely a young one, but some that are far older. */
static void the_oldest_of_five_goes_and_fifo_the_oldest_of_all(void **state)
{
    (void)state;
    const size_t cap = 1 << 20, entry = 240 + 2 * 24;
    const size_t held = cap / entry;
    const double entries = (double)held;
    const double fifo =
        mean_age_at_eviction(drawn(SMALL_CACHE "+eviction=fifo", 1));
    const double random =
        mean_age_at_eviction(drawn(SMALL_CACHE "+eviction=random", 1));
    const double lru5 = mean_age_at_eviction(drawn(SMALL_CACHE, 1));
    assert_true(fifo == entries);
    assert_true(random < 0.9 * entries);
    assert_true(lru5 > 0.9 * entries && lru5 < entries);
}

static void fifo_evicts_in_the_order_of_inserts(void **state)
{
    (void)state;
    const struct course *course = drawn(SMALL_CACHE "+eviction=fifo", 1);
    const struct script *script = &course->first;
    size_t next = 0; /* the oldest insert that is live */
    for (size_t i = 0; i < script->count; i++) {
        if (script->requests[i].bytes < 0) {
            while (script->requests[next].bytes < 0) {
                next++;
            }
            assert_int_equal(script->requests[i].slot,
                             script->requests[next++].slot);
        }
    }
    assert_true(next > 0);
}

/* ---- server_mix -----------------------------------------------------------
 */

/* How long the blocks of a script lived that are released in it, and of how
 * many that was told. */
struct lives {
    size_t short_lived, long_lived, between, untold;
};

static struct lives count_lives(const struct course *course)
{
    struct lives lives = {0};
    uint64_t *born = calloc(course->table.count, sizeof *born);
    uint64_t now = 0;
    assert_non_null(born);
    for (size_t i = 0; i < course->fill.count; i++) {
        const struct request request = course->fill.requests[i];
        if (request.bytes > 0) {
            born[request.slot] = ++now;
            lives.untold++;
        } else if (born[request.slot] > 0) { /* else made before the fill */
            /* Allocations since its own, with the one that comes now. */
            const uint64_t life = now - born[request.slot] + 1;
            lives.short_lived += life <= SHORT_LIFE_ALLOCATIONS;
            lives.long_lived += life >= LONG_LIFE_ALLOCATIONS;
            lives.between +=
                life > SHORT_LIFE_ALLOCATIONS && life < LONG_LIFE_ALLOCATIONS;
            born[request.slot] = 0;
            lives.untold--;
        }
    }
    free(born);
    return lives;
}

static void lives_are_short_or_long_and_nothing_between(void **state)
{
    (void)state;
    const struct course *course =
        drawn("server_mix+live=16M+replacements=200000", 1);
    const struct lives lives = count_lives(course);
    /* 45 % of 200,000, five deviations of 222. */
    assert_in_range(lives.short_lived, 90000 - 1112, 90000 + 1112);
    assert_int_equal(lives.between, 0);
    assert_true(lives.long_lived > 50000);
    assert_int_equal(lives.short_lived + lives.long_lived + lives.untold,
                     200000);
}

static void a_server_stays_at_its_cap_then_falls_to_a_tenth(void **state)
{
    (void)state;
    const int64_t cap = 16 << 20, largest = 65536;
    const struct course *course =
        drawn("server_mix+live=16M+replacements=100000", 1);
    int64_t most = 0;
    int64_t live = walk(&course->first, 0, &most);
    assert_in_range(live, cap - 2 * largest, cap);
    live = walk(&course->fill, live, &most);
    assert_in_range(live, cap - 2 * largest, cap);
    assert_true(most <= cap);
    assert_int_equal(count_made(&course->fill), 100000);
    live = walk(&course->drain, live, &most);
    assert_in_range(live, cap / 10 - largest, cap / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(free_slots_are_filled_and_full_ones_released),
        cmocka_unit_test(
            a_seed_draws_the_same_course_and_another_seed_another),
        cmocka_unit_test(
            a_block_cache_stays_under_its_cap_but_for_the_new_block),
        cmocka_unit_test(one_block_in_sixteen_of_a_block_cache_is_large),
        cmocka_unit_test(
            whole_entries_are_deleted_exactly_as_many_as_asked_for),
        cmocka_unit_test(entries_are_deleted_from_everywhere),
        cmocka_unit_test(a_key_value_cache_never_exceeds_its_cap),
        cmocka_unit_test(the_oldest_of_five_goes_and_fifo_the_oldest_of_all),
        cmocka_unit_test(fifo_evicts_in_the_order_of_inserts),
        cmocka_unit_test(lives_are_short_or_long_and_nothing_between),
        cmocka_unit_test(a_server_stays_at_its_cap_then_falls_to_a_tenth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
