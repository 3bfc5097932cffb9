/* What a worker gets back when the parent was away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "absence.h"

static void the_absence_is_given_back(void **state)
{
    (void)state;
    assert_int_equal(started_after_absence(100, 250, 1000), 850);
    assert_int_equal(started_after_absence(100, 1000, 1000), 100);
}

/* It was 1,650 once: a worker that had run for an eternity. */
static void who_started_meanwhile_starts_now(void **state)
{
    (void)state;
    assert_int_equal(started_after_absence(900, 250, 1000), 1000);
    assert_int_equal(started_after_absence(1000, 250, 1000), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_absence_is_given_back),
        cmocka_unit_test(who_started_meanwhile_starts_now),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
