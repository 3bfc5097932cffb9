/* harness/layers.c on the plug-ins that are built in: what an allocator is
 * under a layer, and that one without is left alone. */
#include "unit.h"

#include "identity.h"
#include "layers.h"
#include "registry.h"

static struct chosen_allocator chosen;
static struct allocator_calls calls;
static struct identity identity;
static struct reason reason;

static const struct allocator *dress(const char *typed)
{
    if (resolve_allocator(typed, &chosen, &reason) != STATUS_OK) {
        fail_msg("%s: %s", typed, reason.text);
    }
    layers_wear(&chosen);
    return chosen.allocator;
}

static enum status attach(const char *typed)
{
    const struct allocator *allocator = dress(typed);
    calls = (struct allocator_calls){.alloc = NULL};
    memset(&identity, 0, sizeof identity);
    return allocator->attach(&calls, &chosen.store.settings, &identity,
                             &reason);
}

static void an_allocator_without_layers_is_the_plugin_itself(void **state)
{
    (void)state;
    extern const struct allocator allocator_bump;
    assert_ptr_equal(dress("bump"), &allocator_bump);
    assert_ptr_equal(dress("bump+free_list=none"), &allocator_bump);
    assert_int_equal(attach("bump"), STATUS_OK);
    assert_ptr_equal(layers_below(&calls), &calls);
}

static void under_a_layer_it_says_so_and_loses_what_the_layer_takes(void **s)
{
    (void)s;
    const struct allocator *plain = dress("system");
    assert_true(plain->capabilities & CAN_THREADS);
    const struct allocator *layered = dress("system+free_list=0");
    assert_string_equal(layered->name, "system+free_list");
    assert_int_equal(layered->capabilities,
                     plain->capabilities & ~(unsigned)CAN_THREADS);
    assert_string_equal(chosen.label, "system+free_list=0");
}

static void its_calls_are_the_layers_and_its_identity_the_plugins(void **state)
{
    (void)state;
    struct proof proof;
    assert_int_equal(attach("system"), STATUS_OK);
    const struct allocator_calls own = calls;
    assert_int_equal(attach("system+free_list=3"), STATUS_OK);
    assert_true(calls.alloc != own.alloc && calls.release != own.release);
    assert_true(layers_below(&calls)->alloc == own.alloc);
    assert_true(identity.library[0] == '/');
    assert_int_equal(prove_identity(&calls, &identity, &proof, &reason),
                     STATUS_OK);
    assert_int_equal(strlen(proof.sha256), 64);
    /* The list is there: what was released comes back. */
    void *block = calls.alloc(48);
    calls.release(block);
    assert_ptr_equal(calls.alloc(48), block);
    calls.release(block);
}

static void an_allocator_that_repeats_blocks_wears_none(void **state)
{
    (void)state;
    assert_int_equal(attach("null"), STATUS_OK);
    assert_int_equal(attach("null+free_list=3"), STATUS_UNSUPPORTED);
    assert_contains(reason.text, "null may answer several requests with one");
}

static void what_does_not_attach_does_not_attach_under_a_layer(void **state)
{
    (void)state;
    assert_int_equal(attach("x=/nowhere/lib.so+free_list=3"),
                     STATUS_UNSUPPORTED);
    assert_contains(reason.text, "not found: /nowhere/lib.so");
    assert_ptr_equal(layers_below(&calls), &calls);
}

static bool declares(const struct parameter *table, const char *key)
{
    for (; table && table->key; table++) {
        if (strcmp(table->key, key) == 0) {
            return true;
        }
    }
    return false;
}

static void a_layers_first_key_is_its_name_and_no_key_is_anothers(void **state)
{
    (void)state;
    assert_non_null(layers[0]);
    for (size_t i = 0; layers[i]; i++) {
        const struct parameter *own = layers[i]->parameters;
        assert_string_equal(own->key, layers[i]->name);
        for (; own->key; own++) {
            assert_false(declares(common_allocator_parameters, own->key));
            for (size_t a = 0; allocators[a]; a++) {
                assert_false(declares(allocators[a]->parameters, own->key));
            }
            for (size_t l = 0; layers[l]; l++) {
                assert_int_equal(declares(layers[l]->parameters, own->key),
                                 l == i);
            }
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_allocator_without_layers_is_the_plugin_itself),
        cmocka_unit_test(
            under_a_layer_it_says_so_and_loses_what_the_layer_takes),
        cmocka_unit_test(
            its_calls_are_the_layers_and_its_identity_the_plugins),
        cmocka_unit_test(an_allocator_that_repeats_blocks_wears_none),
        cmocka_unit_test(what_does_not_attach_does_not_attach_under_a_layer),
        cmocka_unit_test(
            a_layers_first_key_is_its_name_and_no_key_is_anothers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
