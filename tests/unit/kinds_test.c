/* harness/kinds.c: the table of what is measured. */
#include "unit.h"

#include "kinds.h"

static void every_kind_is_found_by_its_name_which_is_its_own(void **state)
{
    (void)state;
    size_t count = 0;
    for (const struct kind *kind = kinds; kind->name; kind++) {
        assert_ptr_equal(find_kind(kind->name), kind);
        assert_true(strlen(kind->summary) > 0);
        count++;
    }
    assert_true(count >= 3);
}

static void what_is_no_kind_is_not_found(void **state)
{
    (void)state;
    assert_null(find_kind(""));
    assert_null(find_kind("Memory"));
    assert_null(find_kind("memor"));
    assert_null(find_kind("identify"));
}

static void a_memory_run_is_sampled_and_may_overlap(void **state)
{
    (void)state;
    const struct kind *memory = find_kind("memory");
    assert_true(memory->memory);
    assert_true(memory->sampled);
    assert_false(memory->pinned);
    /* The workload gets the allocator's calls themselves. */
    assert_null(memory->wrap);
}

static void a_timing_run_is_alone_and_unwatched(void **state)
{
    (void)state;
    const struct kind *timing = find_kind("timing");
    assert_true(timing->pinned);
    assert_true(timing->poke_trim);
    assert_false(timing->memory);
    assert_false(timing->sampled);
    assert_null(timing->wrap);
    assert_null(timing->check);
}

static void an_account_is_wrapped_checked_and_finished(void **state)
{
    (void)state;
    const struct kind *kind = find_kind("account");
    assert_true(kind->rests);
    assert_false(kind->one_thread);
    assert_non_null(kind->wrap);
    assert_non_null(kind->check);
    assert_non_null(kind->finish);
}

static void traffic_and_stalls_stand_in_front_of_the_calls(void **state)
{
    (void)state;
    const struct kind *traffic = find_kind("traffic");
    const struct kind *stalls = find_kind("stalls");
    assert_true(traffic->poke_trim && stalls->poke_trim);
    /* Random patterns are seen more than once. */
    assert_true(traffic->repeated && stalls->repeated);
    /* Where a mapping lies decides how much of it is cut off again. */
    assert_true(traffic->aslr_off);
    assert_true(stalls->pinned);
    /* Neither sees the calls of a process that was forked. */
    assert_true(stalls->one_process && traffic->one_process);
    assert_false(stalls->aslr_off || stalls->sampled || traffic->sampled);
    for (const struct kind *kind = kinds; kind->name; kind++) {
        assert_int_equal(kind->begin == NULL, kind->end == NULL);
    }
}

static void
what_counts_instructions_follows_one_thread_to_the_tail(void **state)
{
    (void)state;
    size_t count = 0;
    for (const struct kind *kind = kinds; kind->name; kind++) {
        if (kind->counter) {
            assert_true(kind->one_thread && kind->poke_trim);
            assert_false(kind->memory || kind->rests); /* merged samples */
            assert_true(strlen(kind->counter->source) > 0);
            count++;
        }
    }
    assert_int_equal(count, 2);
    assert_true(find_kind("instructions")->counter->traced);
    assert_true(find_kind("instructions")->slowdown > 1);
    assert_false(find_kind("hardware_instructions")->counter->traced);
}

/* What follows the drain is chosen by the first that holds. */
static void no_kind_has_two_ways_to_end(void **state)
{
    (void)state;
    for (const struct kind *kind = kinds; kind->name; kind++) {
        assert_true(kind->memory + kind->poke_trim + kind->rests <= 1);
        /* Pinning would leave an overlapping regime one CPU. */
        assert_false(kind->memory && kind->pinned);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_found_by_its_name_which_is_its_own),
        cmocka_unit_test(what_is_no_kind_is_not_found),
        cmocka_unit_test(a_memory_run_is_sampled_and_may_overlap),
        cmocka_unit_test(a_timing_run_is_alone_and_unwatched),
        cmocka_unit_test(an_account_is_wrapped_checked_and_finished),
        cmocka_unit_test(traffic_and_stalls_stand_in_front_of_the_calls),
        cmocka_unit_test(
            what_counts_instructions_follows_one_thread_to_the_tail),
        cmocka_unit_test(no_kind_has_two_ways_to_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
