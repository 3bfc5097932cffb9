/* harness/account.c: it trusts neither the workload nor the allocator. */
#include "stage.h"

#include "registry.h"

enum { NEIGHBOURS = 2000 };

static int open_account(void **state)
{
    const int error = stage_open(state);
    stage_kind(*state, "account", NULL);
    return error;
}

#define account_test(function)                                                \
    cmocka_unit_test_setup_teardown(function, open_account, stage_close)

static void an_honest_cell_is_ok_and_has_a_hash(void **state)
{
    const struct report *report = stage_play_ok(*state);
    assert_true(report->has_request_hash);
    assert_true(report->request_hash != 0);
}

/* ---- allocators ------------------------------------------------------------
 */

static void blocks_that_no_program_could_use_are_faults(void **state)
{
    static const struct {
        enum slot_vice vice;
        const char *words;
    } rows[] = {
        {SLOT_MISALIGNS, "request 1, 100 bytes: the block is misaligned"},
        {SLOT_OVERLAPS, "request 2, 100 bytes: the block overlaps another"},
        {SLOT_REPEATS, "request 2, 100 bytes: the block is already in use"},
    };
    struct stage *stage = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        stage->slots.vice = rows[i].vice;
        stage_play_fails(stage, STATUS_FAILED, rows[i].words);
    }
}

static void no_memory_is_a_fault(void **state)
{
    struct stage *stage = *state;
    stage->slots.null_at = 3;
    stage_play_fails(stage, STATUS_FAILED,
                     "request 3, 100 bytes: the allocator returned NULL");
}

static enum status builds_zeroed(struct run *run,
                                 const struct allocator_calls *heap)
{
    small_blocks[0] = heap->alloc_zeroed(10, SMALL_BYTES / 10);
    small_tell(run, "fill", 1);
    return STATUS_OK;
}

static void memory_that_is_not_zeroed_is_a_fault(void **state)
{
    struct stage *stage = *state;
    stage->slots.offered = CAN_ZEROED;
    stage->workload.build = builds_zeroed;
    stage->workload.drain = small_rest;
    stage->slots.vice = SLOT_FORGETS_ZEROES;
    stage_play_fails(stage, STATUS_FAILED, "request 1, 100 bytes: not zeroed");
    stage->slots.vice = SLOT_HONEST;
    /* Honest: it fails no earlier than at the drain's name. */
    stage_play_fails(stage, STATUS_FAILED, "its last phase is 'rest'");
}

static enum status builds_aligned(struct run *run,
                                  const struct allocator_calls *heap)
{
    small_blocks[0] = heap->alloc_aligned(64, SMALL_BYTES);
    small_tell(run, "fill", 1);
    return STATUS_OK;
}

static void an_alignment_that_is_ignored_is_a_fault(void **state)
{
    struct stage *stage = *state;
    stage->slots.offered = CAN_ALIGNED;
    stage->workload.build = builds_aligned;
    stage->workload.drain = small_rest;
    stage->slots.vice = SLOT_IGNORES_ALIGNMENT; /* 16 bytes off: not 64 */
    stage_play_fails(stage, STATUS_FAILED,
                     "request 1, 100 bytes: the block is misaligned");
    stage->slots.vice = SLOT_HONEST;
    stage_play_fails(stage, STATUS_FAILED, "its last phase is 'rest'");
}

static const struct allocator *allocator_named(const char *name)
{
    size_t i = 0;
    while (strcmp(allocators[i]->name, name) != 0) {
        i++;
        assert_non_null(allocators[i]);
    }
    return allocators[i];
}

static void an_allocator_with_one_block_for_all_is_caught(void **state)
{
    struct stage *stage = *state;
    stage->allocator.allocator = allocator_named("null");
    stage_play_fails(stage, STATUS_FAILED, "the block is already in use");
}

/* ---- workloads -------------------------------------------------------------
 */

static enum status claims_a_block_more(struct run *run,
                                       const struct allocator_calls *heap)
{
    (void)small_make(heap, 0, SMALL_BLOCKS);
    end_phase(run, &(struct phase){"fill", 8, 9, 800});
    return STATUS_OK;
}

static enum status claims_a_byte_less(struct run *run,
                                      const struct allocator_calls *heap)
{
    (void)small_make(heap, 0, SMALL_BLOCKS);
    end_phase(run, &(struct phase){"fill", 8, 8, 799});
    return STATUS_OK;
}

static void a_workload_that_lies_is_caught(void **state)
{
    struct stage *stage = *state;
    stage->workload.build = claims_a_block_more;
    stage_play_fails(stage, STATUS_FAILED,
                     "phase fill: the workload says 9 blocks, 800 bytes "
                     "live; the account says 8 blocks, 800 bytes");
    stage->workload.build = claims_a_byte_less;
    stage_play_fails(stage, STATUS_FAILED, "says 8 blocks, 799 bytes live");
}

static enum status builds_beside(struct run *run,
                                 const struct allocator_calls *heap)
{
    const struct allocator_calls *own = run_own_malloc(run);
    (void)heap;
    small_blocks[0] = memset(own->alloc(SMALL_BYTES), 1, SMALL_BYTES);
    small_tell(run, "fill", 1);
    own->release(small_blocks[0]);
    small_blocks[0] = NULL;
    small_tell(run, "released", 1);
    return small_build(run, heap);
}

static enum status forgets_beside(struct run *run,
                                  const struct allocator_calls *heap)
{
    (void)run_own_malloc(run)->alloc(SMALL_BYTES);
    return small_build(run, heap);
}

static void blocks_of_the_process_s_own_malloc_count_too(void **state)
{
    struct stage *stage = *state;
    stage->workload.build = builds_beside;
    (void)stage_play_ok(stage);
    stage->workload.build = forgets_beside;
    stage_play_fails(stage, STATUS_FAILED,
                     "phase half: the workload says 4 blocks, 400 bytes "
                     "live; the account says 5 blocks, 500 bytes");
}

static enum status releases_beside_twice(struct run *run,
                                         const struct allocator_calls *heap)
{
    const struct allocator_calls *own = run_own_malloc(run);
    void *const block = own->alloc(SMALL_BYTES);
    own->release(block);
    own->release(block); /* would end the process if it went through */
    return small_build(run, heap);
}

static void the_process_s_own_malloc_is_guarded_too(void **state)
{
    struct stage *stage = *state;
    stage->workload.build = releases_beside_twice;
    stage_play_fails(stage, STATUS_FAILED,
                     "released or resized, but not live");
}

static enum status forgets_a_block(struct run *run,
                                   const struct allocator_calls *heap)
{
    const uint64_t operations = small_drop(heap, 2, SMALL_BLOCKS);
    small_blocks[1] = NULL; /* leaked */
    small_tell(run, "drain", operations);
    return STATUS_OK;
}

static void a_workload_that_leaks_is_caught(void **state)
{
    struct stage *stage = *state;
    stage->workload.drain = forgets_a_block;
    stage_play_fails(stage, STATUS_FAILED,
                     "phase drain: the workload says 1 blocks, 100 bytes "
                     "live; the account says 2 blocks, 200 bytes");
}

static enum status releases_twice(struct run *run,
                                  const struct allocator_calls *heap)
{
    void *const again = small_blocks[3];
    const uint64_t operations = small_drop(heap, 1, SMALL_BLOCKS);
    heap->release(again);
    small_tell(run, "drain", operations + 1);
    return STATUS_OK;
}

static enum status releases_a_middle(struct run *run,
                                     const struct allocator_calls *heap)
{
    heap->release((char *)small_blocks[1] + 8);
    small_tell(run, "drain", small_drop(heap, 1, SMALL_BLOCKS) + 1);
    return STATUS_OK;
}

static enum status releases_nothing_at_all(struct run *run,
                                           const struct allocator_calls *heap)
{
    heap->release(NULL);
    small_tell(run, "drain", small_drop(heap, 1, SMALL_BLOCKS) + 1);
    return STATUS_OK;
}

/* Most allocators end the process then: the fault must be told first. */
static void what_is_not_live_is_not_released_but_told(void **state)
{
    static workload_step *const drains[] = {releases_twice, releases_a_middle,
                                            releases_nothing_at_all};
    struct stage *stage = *state;
    for (size_t i = 0; i < sizeof drains / sizeof *drains; i++) {
        stage->workload.drain = drains[i];
        stage->slots.releases = 0;
        stage_play_fails(stage, STATUS_FAILED,
                         "released or resized, but not live");
        assert_int_equal(stage->slots.releases, 7);
    }
}

static enum status resizes_what_is_gone(struct run *run,
                                        const struct allocator_calls *heap)
{
    void *const gone = heap->alloc(SMALL_BYTES);
    heap->release(gone);
    small_blocks[0] = heap->resize(gone, SMALL_BYTES);
    small_tell(run, "fill", 3);
    return STATUS_OK;
}

static void what_is_not_live_is_not_resized_but_told(void **state)
{
    struct stage *stage = *state;
    stage->slots.offered = CAN_RESIZE;
    stage->workload.build = resizes_what_is_gone;
    stage_play_fails(stage, STATUS_FAILED,
                     "released or resized, but not live");
    assert_int_equal(stage->slots.releases, 1);
}

static enum status resizes(struct run *run, const struct allocator_calls *heap)
{
    small_blocks[0] = heap->resize(NULL, 10);
    small_blocks[0] = heap->resize(small_blocks[0], 3000);
    small_blocks[0] = heap->resize(small_blocks[0], SMALL_BYTES);
    small_tell(run, "fill", 3);
    return STATUS_OK;
}

static enum status drains_all(struct run *run,
                              const struct allocator_calls *heap)
{
    const uint64_t operations = small_drop(heap, 0, 1);
    small_tell(run, "drain", operations);
    return STATUS_OK;
}

static void a_resized_block_counts_with_its_new_size(void **state)
{
    struct stage *stage = *state;
    stage->slots.offered = CAN_RESIZE;
    stage->workload.build = resizes;
    stage->workload.drain = drains_all;
    stage->workload.rest = NULL;
    (void)stage_play_ok(stage);
}

static enum status reuses(struct run *run, const struct allocator_calls *heap)
{
    for (int i = 0; i < 5000; i++) {
        heap->release(heap->alloc(8 + (size_t)i % 4096));
    }
    small_tell(run, "fill", 10000 + small_make(heap, 0, SMALL_BLOCKS));
    return STATUS_OK;
}

static void a_place_that_was_released_may_be_given_again(void **state)
{
    struct stage *stage = *state;
    stage->workload.build = reuses;
    (void)stage_play_ok(stage);
}

static enum status asks_for_300_mib(struct run *run,
                                    const struct allocator_calls *heap)
{
    small_blocks[0] = heap->alloc((size_t)300 << 20);
    small_tell(run, "fill", 1);
    return STATUS_OK;
}

/* In a row, each from the next multiple of 16 on. */
static enum status makes_neighbours(struct run *run,
                                    const struct allocator_calls *heap)
{
    static void *blocks[NEIGHBOURS];
    for (size_t i = 0; i < NEIGHBOURS; i++) {
        blocks[i] = heap->alloc(i + 1);
    }
    for (size_t i = 0; i < NEIGHBOURS; i++) {
        heap->release(blocks[i]);
    }
    small_tell(run, "neighbours", UINT64_C(2) * NEIGHBOURS);
    return small_build(run, heap);
}

static void neighbours_are_told_apart_from_overlaps(void **state)
{
    struct stage *stage = *state;
    stage->allocator.allocator = allocator_named("bump");
    stage->workload.build = makes_neighbours;
    (void)stage_play_ok(stage);
}

static void more_than_it_can_keep_track_of_is_a_fault(void **state)
{
    struct stage *stage = *state;
    stage->allocator.allocator = allocator_named("bump");
    stage->workload.build = asks_for_300_mib;
    stage_play_fails(stage, STATUS_FAILED,
                     "too much for the kind account: ask for fewer objects");
}

static void only_the_first_fault_is_told(void **state)
{
    struct stage *stage = *state;
    stage->slots.null_at = 2;
    stage->workload.build = claims_a_byte_less;
    stage_play_fails(stage, STATUS_FAILED,
                     "request 2, 100 bytes: the "
                     "allocator returned NULL");
}

/* ---- the hash of requests --------------------------------------------------
 */

static uint64_t hash_of(struct stage *stage)
{
    memset(&stage->report, 0, sizeof stage->report);
    return stage_play_ok(stage)->request_hash;
}

static enum status drains_backwards(struct run *run,
                                    const struct allocator_calls *heap)
{
    for (size_t i = SMALL_BLOCKS - 1; i > 0; i--) {
        (void)small_drop(heap, i, i + 1);
    }
    small_tell(run, "drain", SMALL_BLOCKS - 1);
    return STATUS_OK;
}

static enum status builds_with_one_more(struct run *run,
                                        const struct allocator_calls *heap)
{
    heap->release(heap->alloc(SMALL_BYTES + 1));
    return small_build(run, heap);
}

static void equal_requests_have_one_hash_on_every_allocator(void **state)
{
    struct stage *stage = *state;
    const uint64_t slots_hash = hash_of(stage);
    assert_int_equal(hash_of(stage), slots_hash);
    stage->allocator.allocator = allocator_named("bump");
    assert_int_equal(hash_of(stage), slots_hash);
}

static void other_requests_have_another_hash(void **state)
{
    struct stage *stage = *state;
    const uint64_t hash = hash_of(stage);
    stage->workload.drain = drains_backwards; /* the same in other order */
    const uint64_t backwards = hash_of(stage);
    assert_true(backwards != hash);
    stage->workload.drain = small_drain;
    stage->workload.build = builds_with_one_more;
    const uint64_t more = hash_of(stage);
    assert_true(more != hash && more != backwards);
    stage->workload.build = small_build;
    assert_int_equal(hash_of(stage), hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        account_test(an_honest_cell_is_ok_and_has_a_hash),
        account_test(blocks_that_no_program_could_use_are_faults),
        account_test(no_memory_is_a_fault),
        account_test(memory_that_is_not_zeroed_is_a_fault),
        account_test(an_alignment_that_is_ignored_is_a_fault),
        account_test(an_allocator_with_one_block_for_all_is_caught),
        account_test(a_workload_that_lies_is_caught),
        account_test(a_workload_that_leaks_is_caught),
        account_test(blocks_of_the_process_s_own_malloc_count_too),
        account_test(the_process_s_own_malloc_is_guarded_too),
        account_test(what_is_not_live_is_not_released_but_told),
        account_test(what_is_not_live_is_not_resized_but_told),
        account_test(a_resized_block_counts_with_its_new_size),
        account_test(a_place_that_was_released_may_be_given_again),
        account_test(neighbours_are_told_apart_from_overlaps),
        account_test(more_than_it_can_keep_track_of_is_a_fault),
        account_test(only_the_first_fault_is_told),
        account_test(equal_requests_have_one_hash_on_every_allocator),
        account_test(other_requests_have_another_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
