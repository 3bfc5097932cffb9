/* Random calls in every preset, on the system's memory, against a shadow
 * model: no two live blocks overlap, every block keeps its contents. */
#include "pymalloc_fixture.h"

#include "random.h"

#define LIVE_MAX   8192
#define CALL_COUNT 300000
#define SIZE_LIMIT 1200

/* A live block is filled with its own key, 8 bytes at a time, cut at its end:
 * were two blocks to overlap, one of them would hold the other's. */
struct shadow {
    char *block;
    size_t size;
    uint64_t key;
};

static void write_key(const struct shadow *shadow)
{
    for (size_t i = 0; i < shadow->size; i++) {
        shadow->block[i] = (char)(shadow->key >> (i % 8 * 8));
    }
}

static void check_key(const struct shadow *shadow, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (shadow->block[i] != (char)(shadow->key >> (i % 8 * 8))) {
            fail_msg("byte %zu of a block of %zu was lost", i, shadow->size);
        }
    }
}

static struct shadow live[LIVE_MAX];
static size_t live_count;

static void allocate(const struct pymalloc *heap, struct random *random)
{
    const size_t size = (size_t)random_below(random, SIZE_LIMIT + 1);
    struct shadow *shadow = &live[live_count++];
    *shadow =
        (struct shadow){heap_malloc(heap, size), size, random_next(random)};
    assert_non_null(shadow->block);
    write_key(shadow);
}

static void resize(const struct pymalloc *heap, struct random *random)
{
    struct shadow *shadow = &live[random_below(random, live_count)];
    const size_t size = (size_t)random_below(random, SIZE_LIMIT + 1);
    shadow->block = heap_realloc(heap, shadow->block, size);
    assert_non_null(shadow->block);
    check_key(shadow, size < shadow->size ? size : shadow->size);
    shadow->size = size;
    write_key(shadow);
}

static void release(const struct pymalloc *heap, size_t index)
{
    check_key(&live[index], live[index].size);
    heap_free(heap, live[index].block);
    live[index] = live[--live_count];
}

/* What the program holds, from the model, by the sizes of the classes. */
static size_t model_bytes(const struct pymalloc_preset *preset)
{
    size_t bytes = 0;
    for (size_t i = 0; i < live_count; i++) {
        const size_t alignment = preset->alignment_bytes;
        if (live[i].size > 0 && live[i].size <= preset->threshold_bytes) {
            bytes += (live[i].size + alignment - 1) / alignment * alignment;
        }
    }
    return bytes;
}

static void drive(const struct pymalloc *heap, uint64_t seed)
{
    struct random random = random_seeded(seed);
    live_count = 0;
    for (int call = 0; call < CALL_COUNT; call++) {
        const uint64_t grows = call / 20000 % 2 == 0 ? 60 : 25;
        const uint64_t choice = random_below(&random, 100);
        if (live_count == 0 || (choice < grows && live_count < LIVE_MAX)) {
            allocate(heap, &random);
        } else {
            release(heap, (size_t)random_below(&random, live_count));
        }
    }
}

static void drive_with_realloc(const struct pymalloc *heap, uint64_t seed)
{
    struct random random = random_seeded(seed);
    for (int call = 0; call < CALL_COUNT / 4; call++) {
        if (live_count > 0 && random_below(&random, 2) == 0) {
            resize(heap, &random);
        } else if (live_count < LIVE_MAX) {
            allocate(heap, &random);
        } else {
            release(heap, (size_t)random_below(&random, live_count));
        }
    }
}

/* Small blocks alone: a large one that shrank in place stays raw. */
static void check_account(const struct pymalloc *heap)
{
    const struct pymalloc_statistics statistics = heap_statistics(heap);
    assert_bytes_add_up(&statistics);
    assert_int_equal(statistics.bytes_allocated_blocks,
                     model_bytes(pymalloc_preset_of(heap)));
}

static void model(const struct pymalloc_options *options)
{
    char reason[256] = "";
    struct pymalloc *heap = pymalloc_create(options, reason, sizeof reason);
    if (heap == NULL) {
        fail_msg("%s", reason);
    }
    drive(heap, 7);
    check_account(heap);
    drive_with_realloc(heap, 8);
    while (live_count > 0) {
        release(heap, live_count - 1);
    }
    check_account(heap);
    assert_int_equal(heap_statistics(heap).raw_blocks, 0);
    pymalloc_destroy(heap);
}

static void random_calls_match_the_model_in_every_preset(void **state)
{
    (void)state;
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        const struct pymalloc_preset *preset = pymalloc_preset(i);
        struct pymalloc_options options = {.preset = preset->name};
        model(&options);
        options.release = PYMALLOC_RELEASE_NEVER;
        model(&options);
    }
}

static void random_calls_match_the_model_at_every_base(void **state)
{
    (void)state;
    model(&(struct pymalloc_options){.preset = "3.10",
                                     .base = PYMALLOC_BASE_MISALIGNED});
    model(&(struct pymalloc_options){.preset = "2.5",
                                     .base = PYMALLOC_BASE_MISALIGNED});
    model(&(struct pymalloc_options){.preset = "2.5",
                                     .base = PYMALLOC_BASE_NATURAL});
    model(&(struct pymalloc_options){.preset = "3.10",
                                     .release = PYMALLOC_RELEASE_EMPTY});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_calls_match_the_model_in_every_preset),
        cmocka_unit_test(random_calls_match_the_model_at_every_base),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
