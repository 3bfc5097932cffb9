/* allocators/layers/free_list.c over an allocator that logs what reaches it:
 * blocks in a row, each 8 bytes beside the last, as old Pythons aligned them.
 */
#include "unit.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "layer.h"
#include "random.h"

extern const struct layer layer_free_list;

enum { ROW_BYTES = 1 << 16, RELEASES_MAX = 64 };

static _Alignas(4096) char row[ROW_BYTES];
static struct {
    size_t used_bytes, allocations, releases, resizes, purges;
    size_t last_size;
    void *released[RELEASES_MAX];
    bool exhausted;
} seen;

static void *row_alloc(size_t size)
{
    seen.allocations++;
    seen.last_size = size;
    const size_t stride = (size + 7) / 8 * 8;
    if (seen.exhausted || stride > ROW_BYTES - seen.used_bytes) {
        return NULL;
    }
    seen.used_bytes += stride;
    return row + seen.used_bytes - stride;
}

static void row_release(void *block)
{
    assert_true(seen.releases < RELEASES_MAX);
    seen.released[seen.releases++] = block;
}

static void *row_resize(void *block, size_t size)
{
    seen.resizes++;
    return size <= 512 ? block : NULL;
}

static void *row_alloc_zeroed(size_t count, size_t size)
{
    return row_alloc(count * size);
}

static void *row_alloc_aligned(size_t alignment, size_t size)
{
    seen.used_bytes = (seen.used_bytes + alignment - 1) & ~(alignment - 1);
    return row_alloc(size);
}

static size_t row_usable_size(void *block)
{
    return block ? 8 : 0;
}

static void row_purge(void)
{
    seen.purges++;
}

static void row_stats(struct allocator_stats *stats)
{
    *stats = (struct allocator_stats){.allocated_bytes = 77,
                                      .arena_bytes = ROW_BYTES};
}

static const struct allocator_calls row_calls = {
    .alloc = row_alloc,
    .release = row_release,
    .alloc_zeroed = row_alloc_zeroed,
    .resize = row_resize,
    .alloc_aligned = row_alloc_aligned,
    .usable_size = row_usable_size,
    .purge = row_purge,
    .stats = row_stats,
};

/* Scratch of a test: given back when its process ends. */
static void *test_scratch(size_t bytes, struct reason *reason)
{
    (void)reason;
    return calloc(1, bytes);
}

__attribute__((visibility("default"))) const char *
__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0"; /* scratch lives as long as the process */
}

/* The calls of `below` under the layer. */
static struct allocator_calls wear(const char *cap, const char *span,
                                   const struct allocator_calls *below)
{
    const struct setting items[] = {{"free_list", cap},
                                    {"free_list_span", span}};
    const struct settings settings = {items, 2};
    struct allocator_calls calls = *below;
    struct reason reason = {""};
    memset(&seen, 0, sizeof seen);
    assert_int_equal(
        layer_free_list.put_on(&calls, &settings, test_scratch, &reason),
        STATUS_OK);
    return calls;
}

static struct allocator_calls wear_row(const char *cap)
{
    return wear(cap, "1048576", &row_calls);
}

static void what_is_released_last_serves_next(void **state)
{
    (void)state;
    const struct allocator_calls heap = wear_row("unbounded");
    void *first = heap.alloc(24), *second = heap.alloc(24);
    heap.release(first);
    heap.release(second);
    assert_ptr_equal(heap.alloc(24), second);
    assert_ptr_equal(heap.alloc(24), first);
    assert_int_equal(seen.allocations, 2);
    assert_int_equal(seen.releases, 0);
    assert_ptr_not_equal(heap.alloc(24), first);
    assert_int_equal(seen.allocations, 3);
}

static void a_size_has_a_list_of_its_own(void **state)
{
    (void)state;
    const struct allocator_calls heap = wear_row("unbounded");
    void *block = heap.alloc(24);
    heap.release(block);
    assert_ptr_not_equal(heap.alloc(23), block);
    assert_ptr_not_equal(heap.alloc(25), block);
    assert_ptr_equal(heap.alloc(24), block);
}

static void requests_reach_the_allocator_below_unchanged(void **state)
{
    (void)state;
    const struct allocator_calls heap = wear_row("100");
    for (size_t size = 0; size <= 520; size++) {
        seen.used_bytes = 0;
        (void)heap.alloc(size);
        assert_int_equal(seen.last_size, size);
    }
    assert_int_equal(seen.allocations, 521);
}

static void sizes_without_a_list_pass_both_ways(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 8, 15, 513, 4096};
    const struct allocator_calls heap = wear_row("unbounded");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        void *block = heap.alloc(sizes[i]);
        heap.release(block);
        assert_int_equal(seen.releases, i + 1);
        assert_ptr_equal(seen.released[i], block);
    }
    heap.release(NULL);
    assert_null(seen.released[seen.releases - 1]);
}

static void the_smallest_and_the_largest_wait(void **state)
{
    (void)state;
    const struct allocator_calls heap = wear_row("unbounded");
    heap.release(heap.alloc(16));
    heap.release(heap.alloc(512));
    assert_int_equal(seen.releases, 0);
}

static void a_full_list_hands_down_what_comes(void **state)
{
    (void)state;
    const struct allocator_calls heap = wear_row("2");
    void *blocks[4];
    for (size_t i = 0; i < 4; i++) {
        blocks[i] = heap.alloc(32);
    }
    for (size_t i = 0; i < 4; i++) {
        heap.release(blocks[i]);
    }
    assert_int_equal(seen.releases, 2);
    assert_ptr_equal(seen.released[0], blocks[2]);
    assert_ptr_equal(seen.released[1], blocks[3]);
    /* Another size has room of its own. */
    heap.release(heap.alloc(40));
    assert_int_equal(seen.releases, 2);
    assert_ptr_equal(heap.alloc(32), blocks[1]);
}

static void a_cap_of_nothing_keeps_nothing(void **state)
{
    (void)state;
    const struct allocator_calls heap = wear_row("0");
    void *block = heap.alloc(32);
    heap.release(block);
    assert_int_equal(seen.releases, 1);
    assert_ptr_equal(seen.released[0], block);
}

static void neighbours_within_16_bytes_are_told_apart(void **state)
{
    (void)state;
    const struct allocator_calls heap = wear_row("unbounded");
    void *small = heap.alloc(8);
    void *object = heap.alloc(16);
    assert_int_equal((uintptr_t)small / 16, (uintptr_t)object / 16);
    heap.release(small);
    assert_int_equal(seen.releases, 1);
    heap.release(object);
    assert_int_equal(seen.releases, 1);
    assert_ptr_equal(heap.alloc(16), object);
}

static void an_address_that_comes_again_has_its_new_size(void **state)
{
    (void)state;
    const struct allocator_calls heap = wear_row("0");
    void *block = heap.alloc(48);
    heap.release(block);
    seen.used_bytes = 0; /* the same address for a size without a list */
    assert_ptr_equal(heap.alloc(600), block);
    heap.release(block);
    assert_int_equal(seen.releases, 2);
    seen.used_bytes = 0;
    assert_ptr_equal(heap.alloc(64), block);
    heap.release(block);
    assert_int_equal(seen.releases, 3);
}

static void what_was_resized_waits_on_no_list(void **state)
{
    (void)state;
    const struct allocator_calls heap = wear_row("unbounded");
    void *block = heap.resize(heap.alloc(48), 64);
    assert_int_equal(seen.resizes, 1);
    heap.release(block);
    assert_int_equal(seen.releases, 1);
    assert_null(heap.resize(heap.alloc(48), 1000));
    assert_ptr_equal(heap.resize(NULL, 16), NULL);
}

static void other_calls_are_those_below(void **state)
{
    (void)state;
    const struct allocator_calls heap = wear_row("unbounded");
    assert_true(heap.alloc_zeroed == row_alloc_zeroed);
    assert_true(heap.alloc_aligned == row_alloc_aligned);
    assert_true(heap.usable_size == row_usable_size);
    assert_null(heap.inspect);
    heap.release(heap.alloc_zeroed(2, 16));
    heap.release(heap.alloc_aligned(64, 32));
    assert_int_equal(seen.releases, 2);
}

static void what_is_not_offered_below_is_not_offered(void **state)
{
    (void)state;
    const struct allocator_calls bare = {.alloc = row_alloc,
                                         .release = row_release};
    struct allocator_calls heap = wear("unbounded", "1048576", &bare);
    assert_null(heap.resize);
    assert_null(heap.purge);
    assert_null(heap.stats);
    heap = wear("3", "1048576", &bare);
    assert_non_null(heap.purge); /* it can empty its lists */
    heap.release(heap.alloc(16));
    heap.purge();
    assert_int_equal(seen.releases, 1);
}

static void a_purge_empties_lists_with_a_cap(void **state)
{
    (void)state;
    const struct allocator_calls heap = wear_row("10");
    void *blocks[] = {heap.alloc(16), heap.alloc(16), heap.alloc(512)};
    for (size_t i = 0; i < 3; i++) {
        heap.release(blocks[i]);
    }
    assert_int_equal(seen.releases, 0);
    heap.purge();
    assert_int_equal(seen.releases, 3);
    assert_int_equal(seen.purges, 1);
    (void)heap.alloc(16);
    assert_int_equal(seen.allocations, 4); /* nothing waits any more */
}

static void nothing_empties_lists_without_one(void **state)
{
    (void)state;
    const struct allocator_calls heap = wear_row("unbounded");
    heap.release(heap.alloc(16));
    heap.purge();
    assert_int_equal(seen.purges, 1);
    assert_int_equal(seen.releases, 0);
}

static void while_an_object_waits_the_bytes_held_are_unknown(void **state)
{
    (void)state;
    const struct allocator_calls heap = wear_row("10");
    struct allocator_stats stats;
    void *block = heap.alloc(16);
    heap.stats(&stats);
    assert_int_equal(stats.allocated_bytes, 77);
    heap.release(block);
    heap.stats(&stats);
    assert_true(stats.allocated_bytes == SIZE_MAX);
    assert_int_equal(stats.arena_bytes, ROW_BYTES);
    (void)heap.alloc(16);
    heap.stats(&stats);
    assert_int_equal(stats.allocated_bytes, 77);
}

static void an_allocator_without_memory_is_heard(void **state)
{
    (void)state;
    const struct allocator_calls heap = wear_row("unbounded");
    seen.exhausted = true;
    assert_null(heap.alloc(16));
    assert_null(heap.alloc(600));
}

static void *far_alloc(size_t size)
{
    (void)size;
    return row + seen.allocations++ * (4 << 20); /* is never written */
}

static void a_span_that_is_used_up_ends_the_process_with_words(void **state)
{
    (void)state;
    const struct allocator_calls far = {.alloc = far_alloc,
                                        .release = row_release};
    const struct allocator_calls heap = wear("unbounded", "3000000", &far);
    int words[2];
    char text[256] = "";
    (void)heap.alloc(16), (void)heap.alloc(16), (void)heap.alloc(16);
    assert_int_equal(pipe(words), 0);
    const pid_t pid = fork();
    if (pid == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        (void)dup2(words[1], STDERR_FILENO);
        (void)heap.alloc(16);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
    assert_true(read(words[0], text, sizeof text - 1) > 0);
    assert_contains(text, "free_list_span");
    (void)close(words[0]), (void)close(words[1]);
}

static void *no_scratch(size_t bytes, struct reason *reason)
{
    (void)explain(reason, STATUS_FAILED, "no %zu bytes", bytes);
    return NULL;
}

static void without_scratch_it_cannot_be_put_on(void **state)
{
    (void)state;
    static const struct setting items[] = {{"free_list", "1"},
                                           {"free_list_span", "1048576"}};
    const struct settings settings = {items, 2};
    struct allocator_calls calls = row_calls;
    struct reason reason = {""};
    assert_int_equal(
        layer_free_list.put_on(&calls, &settings, no_scratch, &reason),
        STATUS_FAILED);
    assert_contains(reason.text, "free_list_span: no ");
}

/* ---- against a model, over libc, which reuses addresses ------------------
 */

enum { MODEL_BLOCKS = 512, MODEL_STEPS = 200000, MODEL_CAP = 5 };

struct model_block {
    unsigned char *start;
    size_t size;
};

static size_t libc_calls;

static void *libc_alloc(size_t size)
{
    libc_calls++;
    return malloc(size);
}

/* Few sizes around the limits, so that lists fill and empty. */
static size_t model_size(struct random *random)
{
    static const size_t sizes[] = {1, 15, 16, 17, 24, 100, 511, 512, 513, 900};
    return sizes[random_below(random, sizeof sizes / sizeof *sizes)];
}

static void it_is_its_model_over_libc(void **state)
{
    (void)state;
    const struct allocator_calls libc = {.alloc = libc_alloc, .release = free};
    const struct allocator_calls heap = wear("5", "268435456", &libc);
    struct model_block blocks[MODEL_BLOCKS] = {{NULL, 0}};
    size_t waiting[901] = {0}, wanted_calls = 0;
    struct random random = random_seeded(3);
    libc_calls = 0;
    for (size_t step = 0; step < MODEL_STEPS; step++) {
        struct model_block *block =
            &blocks[random_below(&random, MODEL_BLOCKS)];
        if (block->start) {
            const bool has_list = block->size >= 16 && block->size <= 512;
            assert_int_equal(block->start[0], (unsigned char)block->size);
            assert_int_equal(block->start[block->size - 1],
                             (unsigned char)block->size);
            heap.release(block->start);
            waiting[block->size] +=
                has_list && waiting[block->size] < MODEL_CAP;
            block->start = NULL;
            continue;
        }
        block->size = model_size(&random);
        block->start = heap.alloc(block->size);
        memset(block->start, (int)block->size, block->size);
        if (waiting[block->size] > 0) {
            waiting[block->size]--;
        } else {
            wanted_calls++;
        }
        assert_int_equal(libc_calls, wanted_calls);
    }
    for (size_t i = 0; i < MODEL_BLOCKS; i++) {
        heap.release(blocks[i].start);
    }
    heap.purge();
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_released_last_serves_next),
        cmocka_unit_test(a_size_has_a_list_of_its_own),
        cmocka_unit_test(requests_reach_the_allocator_below_unchanged),
        cmocka_unit_test(sizes_without_a_list_pass_both_ways),
        cmocka_unit_test(the_smallest_and_the_largest_wait),
        cmocka_unit_test(a_full_list_hands_down_what_comes),
        cmocka_unit_test(a_cap_of_nothing_keeps_nothing),
        cmocka_unit_test(neighbours_within_16_bytes_are_told_apart),
        cmocka_unit_test(an_address_that_comes_again_has_its_new_size),
        cmocka_unit_test(what_was_resized_waits_on_no_list),
        cmocka_unit_test(other_calls_are_those_below),
        cmocka_unit_test(what_is_not_offered_below_is_not_offered),
        cmocka_unit_test(a_purge_empties_lists_with_a_cap),
        cmocka_unit_test(nothing_empties_lists_without_one),
        cmocka_unit_test(while_an_object_waits_the_bytes_held_are_unknown),
        cmocka_unit_test(an_allocator_without_memory_is_heard),
        cmocka_unit_test(a_span_that_is_used_up_ends_the_process_with_words),
        cmocka_unit_test(without_scratch_it_cannot_be_put_on),
        cmocka_unit_test(it_is_its_model_over_libc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
