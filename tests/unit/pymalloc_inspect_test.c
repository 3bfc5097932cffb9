/* Snapshots: what pymalloc_inspect tells agrees with the statistics and with
 * the addresses of the blocks. */
#include "pymalloc_filled.h"
#include "pymalloc_stream.h"

/* What the visits of one snapshot added up to. */
struct census {
    const struct stream *stream;
    size_t arenas, states[4];
    size_t pools_left; /* of the arena at hand */
    size_t free_left;
    uint32_t next_index;
    struct pymalloc_class_statistics classes[PYMALLOC_CLASSES_MAX];
};

static void assert_arena_was_complete(const struct census *census)
{
    assert_int_equal(census->pools_left, 0);
    assert_int_equal(census->free_left, 0);
}

static void visit_arena(void *context, const struct pymalloc_arena_view *view)
{
    struct census *census = context;
    const struct fixture *fixture = census->stream->fixture;
    const void *base = (const void *)view->base;
    assert_arena_was_complete(census);
    assert_true(view->index >= census->next_index);
    assert_int_not_equal(fixture_slot(fixture, base), OUTSIDE);
    assert_true(fixture->taken[fixture_slot(fixture, base)]);
    assert_int_equal(fixture_offset(fixture, base), 0);
    census->next_index = view->index + 1;
    census->arenas++;
    census->pools_left = view->pools;
    census->free_left = view->free_pools;
}

static void visit_pool(void *context, const struct pymalloc_pool_view *view)
{
    struct census *census = context;
    assert_true(census->pools_left > 0);
    census->pools_left--;
    census->states[view->state]++;
    if (view->state == PYMALLOC_POOL_UNCARVED ||
        view->state == PYMALLOC_POOL_FREE) {
        assert_true(census->free_left > 0);
        census->free_left--;
        assert_int_equal(view->live_blocks, 0);
        assert_int_equal(view->blocks, 0);
        return;
    }
    const struct pymalloc_preset *sizes =
        pymalloc_preset_of(census->stream->heap);
    assert_int_equal(view->blocks,
                     (sizes->pool_bytes - sizes->pool_header_bytes) /
                         view->block_bytes);
    assert_true(view->live_blocks > 0);
    assert_int_equal(view->state == PYMALLOC_POOL_FULL,
                     view->live_blocks == view->blocks);
    struct pymalloc_class_statistics *class =
        &census->classes[view->block_bytes / sizes->alignment_bytes - 1];
    class->pools++;
    class->blocks_in_use += view->live_blocks;
    class->blocks_available += view->blocks - view->live_blocks;
}

/* Neither function, one, the other: the rest is told all the same. */
static void assert_either_may_be_absent(const struct stream *stream,
                                        const struct census *all)
{
    struct census census = {.stream = stream};
    struct pymalloc_visitor visitor = {.context = &census};
    pymalloc_inspect(stream->heap, &visitor);
    assert_int_equal(census.arenas, 0);
    visitor.pool = visit_pool;
    census.pools_left = census.free_left = SIZE_MAX;
    pymalloc_inspect(stream->heap, &visitor);
    assert_memory_equal(census.states, all->states, sizeof census.states);
    assert_memory_equal(census.classes, all->classes, sizeof census.classes);
}

static void assert_agrees(const struct stream *stream)
{
    static struct census census;
    census = (struct census){.stream = stream};
    pymalloc_inspect(stream->heap,
                     &(struct pymalloc_visitor){.context = &census,
                                                .arena = visit_arena,
                                                .pool = visit_pool});
    assert_arena_was_complete(&census);
    const struct pymalloc_statistics statistics =
        heap_statistics(stream->heap);
    assert_int_equal(census.arenas, statistics.arenas_current);
    for (size_t i = 0; i < statistics.class_count; i++) {
        const struct pymalloc_class_statistics *class = &statistics.classes[i];
        assert_int_equal(census.classes[i].pools, class->pools);
        assert_int_equal(census.classes[i].blocks_in_use,
                         class->blocks_in_use);
        assert_int_equal(census.classes[i].blocks_available,
                         class->blocks_available);
    }
    const size_t pool_bytes = pymalloc_preset_of(stream->heap)->pool_bytes;
    assert_int_equal((census.states[PYMALLOC_POOL_FREE] +
                      census.states[PYMALLOC_POOL_UNCARVED]) *
                         pool_bytes,
                     statistics.bytes_unused_pools);
    assert_either_may_be_absent(stream, &census);
}

static void
assert_agrees_along_a_stream(const struct pymalloc_options *options)
{
    static const size_t offsets[] = {0, 4112};
    for (size_t i = 0; i < 2; i++) {
        struct fixture fixture;
        fixture_open(&fixture, offsets[i]);
        struct pymalloc *heap = fixture_heap_of(&fixture, options);
        struct stream stream;
        stream_open(&stream, &fixture, heap, 17);
        stream.check = assert_agrees;
        stream_run(&stream, 50000);
        stream_close(&stream);
        fixture_end(&fixture, heap);
    }
}

static void a_snapshot_agrees_with_the_statistics(void **state)
{
    (void)state;
    static const enum pymalloc_release releases[] = {PYMALLOC_RELEASE_PRESET,
                                                     PYMALLOC_RELEASE_EMPTY,
                                                     PYMALLOC_RELEASE_MADVISE};
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        const char *name = pymalloc_preset(i)->name;
        assert_agrees_along_a_stream(
            &(struct pymalloc_options){.preset = name});
        for (int order = PYMALLOC_ORDER_FEWEST_FREE;
             order <= PYMALLOC_ORDER_MOST_FREE; order++) {
            for (size_t j = 0; j < 3; j++) {
                assert_agrees_along_a_stream(&(struct pymalloc_options){
                    .preset = name,
                    .order = (enum pymalloc_arena_order)order,
                    .release = releases[j]});
            }
        }
    }
}

/* The states of the pools of an arena, a letter each. */
static void write_letter(void *context, const struct pymalloc_pool_view *view)
{
    static const char letters[] = "-.uF";
    char *text = context;
    text[strlen(text)] = letters[view->state];
}

static void assert_map(const struct filled *filled, const char *beginning)
{
    char map[256] = "";
    pymalloc_inspect(filled->heap, &(struct pymalloc_visitor){
                                       .context = map, .pool = write_letter});
    assert_int_equal(strlen(map), filled->fixture.taken_count * filled->pools);
    assert_memory_equal(map, beginning, strlen(beginning));
}

static void pools_are_visited_in_order_of_address(void **state)
{
    (void)state;
    struct filled filled;
    fill(&filled, "2.3", PYMALLOC_RELEASE_PRESET, 1);
    free_pool(&filled, 0, 1);
    free_pool(&filled, 0, 4);
    heap_free(filled.heap, block_of(&filled, 0, 2, 7));
    assert_map(&filled, "F.uF.FFF");
    (void)heap_malloc(filled.heap, OTHER_BYTES);
    assert_map(&filled, "F.uFuFFF");
    end(&filled);

    fill(&filled, "3.9", PYMALLOC_RELEASE_MADVISE, 1);
    free_pool(&filled, 0, 1);
    heap_free(filled.heap, block_of(&filled, 0, 2, 7));
    assert_map(&filled, "F-uFFFFF");
    end(&filled);

    fill(&filled, "3.9", PYMALLOC_RELEASE_PRESET, 0);
    (void)heap_malloc(filled.heap, 1);
    heap_free(filled.heap, heap_malloc(filled.heap, 64));
    assert_map(&filled, "u.----");
    end(&filled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_snapshot_agrees_with_the_statistics),
        cmocka_unit_test(pools_are_visited_in_order_of_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
