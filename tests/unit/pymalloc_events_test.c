/* The log of what the provider was asked for. */
#include "pymalloc_filled.h"

#define CAPACITY 64

struct logged {
    struct filled filled;
    struct pymalloc_event events[CAPACITY];
    struct pymalloc_event_log log;
};

/* A log of its last `capacity` events, and arenas that are full. */
static void fill_logged(struct logged *logged, enum pymalloc_release release,
                        size_t capacity, size_t arenas)
{
    logged->log = (struct pymalloc_event_log){.events = logged->events,
                                              .capacity = capacity};
    fill_heap_of(&logged->filled,
                 &(struct pymalloc_options){
                     .preset = "2.7", .release = release, .log = &logged->log},
                 arenas);
}

static void assert_event(const struct logged *logged, uint64_t number,
                         enum pymalloc_event_kind kind, uint32_t arena)
{
    assert_true(number < logged->log.count);
    const struct pymalloc_event *event =
        &logged->events[number % logged->log.capacity];
    assert_int_equal(event->kind, kind);
    assert_int_equal(event->arena, arena);
}

/* The events that are kept, oldest first. */
static void assert_times_ascend(const struct logged *logged)
{
    const uint64_t count = logged->log.count;
    const uint64_t kept =
        count < logged->log.capacity ? count : logged->log.capacity;
    uint64_t before_ns = 1;
    for (uint64_t number = count - kept; number < count; number++) {
        const uint64_t time_ns =
            logged->events[number % logged->log.capacity].time_ns;
        assert_true(time_ns >= before_ns);
        before_ns = time_ns;
    }
}

static void arenas_that_come_and_go_are_logged(void **state)
{
    (void)state;
    struct logged logged = {0};
    fill_logged(&logged, PYMALLOC_RELEASE_EMPTY, CAPACITY, 3);
    assert_int_equal(logged.log.count, 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_event(&logged, i, PYMALLOC_ARENA_TAKEN, i);
    }
    free_pools(&logged.filled, 1, 0, logged.filled.pools);
    assert_int_equal(logged.log.count, 4);
    assert_event(&logged, 3, PYMALLOC_ARENA_GIVEN, 1);
    free_pools(&logged.filled, 0, 0, logged.filled.pools);
    assert_event(&logged, 4, PYMALLOC_ARENA_GIVEN, 0);
    (void)open_pool(&logged.filled); /* the index freed last comes first */
    assert_event(&logged, 5, PYMALLOC_ARENA_TAKEN, 0);
    assert_int_equal(logged.log.count, 6);
    assert_times_ascend(&logged);
    end(&logged.filled);
}

static void what_is_refused_is_logged_without_an_arena(void **state)
{
    (void)state;
    struct logged logged = {0};
    fill_logged(&logged, PYMALLOC_RELEASE_PRESET, CAPACITY, 1);
    logged.filled.fixture.refuse_every = 1;
    for (uint64_t i = 1; i <= 3; i++) {
        void *block = heap_malloc(logged.filled.heap, FILL_BYTES);
        assert_int_equal(fixture_slot(&logged.filled.fixture, block), OUTSIDE);
        heap_free(logged.filled.heap, block);
        assert_int_equal(logged.log.count, 1 + i);
        assert_event(&logged, i, PYMALLOC_ARENA_REFUSED, UINT32_MAX);
    }
    end(&logged.filled);
}

static void what_the_limit_refuses_is_logged(void **state)
{
    (void)state;
    struct logged logged = {0};
    logged.log = (struct pymalloc_event_log){.events = logged.events,
                                             .capacity = CAPACITY};
    fill_heap_of(
        &logged.filled,
        &(struct pymalloc_options){.memory_limit_bytes = (size_t)1 << 20,
                                   .log = &logged.log},
        1);
    heap_free(logged.filled.heap,
              heap_malloc(logged.filled.heap, OTHER_BYTES));
    assert_int_equal(logged.log.count, 2);
    assert_event(&logged, 1, PYMALLOC_ARENA_REFUSED, UINT32_MAX);
    end(&logged.filled);
}

static void pools_that_are_purged_are_logged(void **state)
{
    (void)state;
    struct logged logged = {0};
    fill_logged(&logged, PYMALLOC_RELEASE_MADVISE, CAPACITY, 2);
    free_pools(&logged.filled, 1, 4, 2);
    free_pools(&logged.filled, 0, 4, 1);
    assert_int_equal(logged.log.count, 5);
    assert_event(&logged, 2, PYMALLOC_POOL_PURGED, 1);
    assert_event(&logged, 3, PYMALLOC_POOL_PURGED, 1);
    assert_event(&logged, 4, PYMALLOC_POOL_PURGED, 0);
    assert_times_ascend(&logged);
    end(&logged.filled);
}

/* A log of three keeps the last three. */
static void a_full_log_goes_on_at_its_beginning(void **state)
{
    (void)state;
    struct logged logged = {0};
    fill_logged(&logged, PYMALLOC_RELEASE_EMPTY, 3, 1);
    for (int i = 0; i < 20; i++) {
        heap_free(logged.filled.heap,
                  heap_malloc(logged.filled.heap, FILL_BYTES));
    }
    assert_int_equal(logged.log.count, 41);
    assert_event(&logged, 38, PYMALLOC_ARENA_GIVEN, 1);
    assert_event(&logged, 39, PYMALLOC_ARENA_TAKEN, 1);
    assert_event(&logged, 40, PYMALLOC_ARENA_GIVEN, 1);
    assert_times_ascend(&logged);
    end(&logged.filled);
    for (size_t i = 3; i < CAPACITY; i++) {
        assert_int_equal(logged.events[i].time_ns, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arenas_that_come_and_go_are_logged),
        cmocka_unit_test(what_is_refused_is_logged_without_an_arena),
        cmocka_unit_test(what_the_limit_refuses_is_logged),
        cmocka_unit_test(pools_that_are_purged_are_logged),
        cmocka_unit_test(a_full_log_goes_on_at_its_beginning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
