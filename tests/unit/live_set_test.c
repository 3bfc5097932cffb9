/* workloads/support/live_set.c against a plain list of what is live. */
#include "unit.h"

#include "../../workloads/support/live_set.h"
#include "run_inside.h"

enum { CAPACITY = 50, STEPS = 20000 };

/* The set, and what it should hold: bytes by slot, 0 where it is free. */
struct model {
    struct live_set set;
    size_t bytes[CAPACITY], count;
    uint64_t live_bytes;
};

static struct model prepared(size_t capacity)
{
    static struct report report;
    struct run run = {.report = &report};
    struct model model = {.count = 0};
    assert_int_equal(live_set_prepare(&run, &model.set, capacity), STATUS_OK);
    return model;
}

static void add(struct model *model, size_t bytes)
{
    const size_t slot = live_set_add(&model->set, bytes);
    assert_true(slot < CAPACITY);
    assert_int_equal(model->bytes[slot], 0);
    model->bytes[slot] = bytes;
    model->count++;
    model->live_bytes += bytes;
}

static void remove_any(struct model *model, struct random *random)
{
    const size_t slot = live_set_any(&model->set, random);
    assert_true(slot < CAPACITY);
    assert_true(model->bytes[slot] > 0);
    assert_int_equal(live_set_remove(&model->set, slot), model->bytes[slot]);
    model->live_bytes -= model->bytes[slot];
    model->bytes[slot] = 0;
    model->count--;
}

static void it_knows_what_is_live_through_any_order(void **state)
{
    (void)state;
    struct model model = prepared(CAPACITY);
    struct random random = random_seeded(1);
    for (size_t i = 0; i < STEPS; i++) {
        const bool adds = random_below(&random, 2) == 0;
        if (model.count == 0 || (adds && model.count < CAPACITY)) {
            add(&model, 1 + random_below(&random, 1000));
        } else {
            remove_any(&model, &random);
        }
        assert_int_equal(model.set.count, model.count);
        assert_int_equal(model.set.live_bytes, model.live_bytes);
    }
}

static void a_slot_can_be_removed_by_its_number(void **state)
{
    (void)state;
    struct model model = prepared(3);
    for (size_t bytes = 1; bytes <= 3; bytes++) {
        add(&model, bytes);
    }
    assert_int_equal(live_set_remove(&model.set, 0), model.bytes[0]);
    assert_int_equal(live_set_remove(&model.set, 2), model.bytes[2]);
    assert_int_equal(model.set.count, 1);
    assert_int_equal(model.set.live_bytes, model.bytes[1]);
    assert_int_equal(live_set_remove(&model.set, 1), model.bytes[1]);
    assert_int_equal(model.set.live_bytes, 0);
}

static void each_live_slot_is_as_likely_as_the_others(void **state)
{
    (void)state;
    struct model model = prepared(CAPACITY);
    struct random random = random_seeded(2);
    size_t chosen[CAPACITY] = {0};
    for (size_t i = 0; i < CAPACITY; i++) {
        add(&model, 1);
    }
    for (size_t i = 0; i < CAPACITY / 2; i++) {
        remove_any(&model, &random);
    }
    for (size_t i = 0; i < STEPS; i++) {
        chosen[live_set_any(&model.set, &random)]++;
    }
    for (size_t i = 0; i < CAPACITY; i++) {
        /* 800 each, five deviations of 28; none of those that are free. */
        assert_in_range(chosen[i], model.bytes[i] > 0 ? 660 : 0,
                        model.bytes[i] > 0 ? 940 : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_knows_what_is_live_through_any_order),
        cmocka_unit_test(a_slot_can_be_removed_by_its_number),
        cmocka_unit_test(each_live_slot_is_as_likely_as_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
