/* allocators/support/heap_room.c, and what `system` makes of it. */
#include "unit.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../allocators/support/heap_room.h"
#include "registry.h"

static enum status attach_system(struct reason *reason)
{
    static const struct settings none = {NULL, 0};
    struct allocator_calls calls;
    struct identity identity;
    size_t i = 0;
    while (strcmp(allocators[i]->name, "system") != 0) {
        i++;
    }
    return allocators[i]->attach(&calls, &none, &identity, reason);
}

static void a_heap_has_room_until_something_is_mapped_above_it(void **state)
{
    (void)state;
    struct reason reason = {""};
    assert_true(heap_has_room());
    assert_int_equal(attach_system(&reason), STATUS_OK);

    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const uintptr_t end = (uintptr_t)sbrk(0);
    void *wanted = (void *)((end / page + (1 << 15)) * page); /* 128 MiB on */
    void *mapped =
        mmap(wanted, page, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    assert_ptr_equal(mapped, wanted);
    assert_false(heap_has_room());
    assert_int_equal(attach_system(&reason), STATUS_UNSUPPORTED);
    assert_contains(reason.text, "its heap has no room to grow");

    assert_int_equal(munmap(mapped, page), 0);
    assert_true(heap_has_room());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_heap_has_room_until_something_is_mapped_above_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
