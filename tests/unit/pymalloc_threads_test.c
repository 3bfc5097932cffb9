/* Threads: they may share an instance that was made with a lock, and one
 * instance each needs none. Built with the thread sanitizer this shows more.
 */
#include "pymalloc_stream.h"

#include <pthread.h>
#include <time.h>

#define THREADS      4
#define THREAD_CALLS 60000
#define LIVE_MAX     600

/* What a thread does in an instance that others use too. cmocka's assertions
 * are the first thread's business: others tell. */
struct worker {
    pthread_t thread;
    struct pymalloc_allocator calls;
    const struct pymalloc *heap;
    uint64_t seed;
    size_t wrong; /* blocks that lost their contents, identities that broke */
};

/* Whether every byte of a block is its first, the mark. */
static bool is_intact(const unsigned char *block, size_t size)
{
    return size == 0 || memcmp(block, block + 1, size - 1) == 0;
}

static void look_at_statistics(struct worker *worker)
{
    struct pymalloc_statistics statistics;
    pymalloc_statistics(worker->heap, &statistics);
    worker->wrong +=
        statistics.bytes_allocated_blocks + statistics.bytes_available_blocks +
            statistics.bytes_unused_pools + statistics.bytes_pool_headers +
            statistics.bytes_quantization + statistics.bytes_arena_alignment !=
        statistics.arenas_current * statistics.arena_bytes;
    pymalloc_inspect(worker->heap,
                     &(struct pymalloc_visitor){NULL, NULL, NULL});
}

struct owned {
    unsigned char *block;
    size_t size;
};

/* A call of malloc, calloc or realloc, the block marked; a call of free. */
static void call_once(struct worker *worker, struct random *random,
                      struct owned *owned)
{
    const struct pymalloc_allocator *calls = &worker->calls;
    const size_t size = (size_t)random_below(random, STREAM_MIXED_MAX) + 1;
    const uint64_t choice = random_below(random, 4);
    if (owned->block != NULL) {
        worker->wrong += !is_intact(owned->block, owned->size);
    }
    if (owned->block == NULL) {
        owned->block = choice == 0 ? calls->calloc(calls->context, size, 1)
                                   : calls->malloc(calls->context, size);
    } else if (choice == 0) {
        owned->block = calls->realloc(calls->context, owned->block, size);
        worker->wrong +=
            !is_intact(owned->block, size < owned->size ? size : owned->size);
    } else {
        calls->free(calls->context, owned->block);
        owned->block = NULL;
        return;
    }
    owned->size = size;
    memset(owned->block, (int)random_below(random, 251), size);
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct owned owned[LIVE_MAX] = {{NULL, 0}};
    struct random random = random_seeded(worker->seed);
    for (int i = 0; i < THREAD_CALLS; i++) {
        call_once(worker, &random, &owned[random_below(&random, LIVE_MAX)]);
        if (i % 2000 == 0) {
            look_at_statistics(worker);
        }
    }
    for (size_t i = 0; i < LIVE_MAX; i++) {
        if (owned[i].block != NULL) {
            worker->wrong += !is_intact(owned[i].block, owned[i].size);
            worker->calls.free(worker->calls.context, owned[i].block);
        }
    }
    return NULL;
}

static void assert_threads_may_share(const struct pymalloc_options *options)
{
    char reason[256] = "";
    struct pymalloc *heap = pymalloc_create(options, reason, sizeof reason);
    assert_non_null(heap);
    struct worker workers[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){
            .calls = pymalloc_calls(heap), .heap = heap, .seed = i};
        assert_int_equal(
            pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_int_equal(workers[i].wrong, 0);
    }
    const struct pymalloc_statistics statistics = heap_statistics(heap);
    assert_bytes_add_up(&statistics);
    assert_int_equal(statistics.bytes_allocated_blocks, 0);
    assert_int_equal(statistics.raw_blocks, 0);
    pymalloc_destroy(heap);
}

static void threads_may_share_an_instance_with_a_lock(void **state)
{
    (void)state;
    for (size_t i = 0; pymalloc_preset(i) != NULL; i++) {
        assert_threads_may_share(&(struct pymalloc_options){
            .preset = pymalloc_preset(i)->name, .lock = true});
    }
    static struct pymalloc_event events[16];
    struct pymalloc_event_log log = {.events = events, .capacity = 16};
    assert_threads_may_share(
        &(struct pymalloc_options){.lock = true,
                                   .release = PYMALLOC_RELEASE_DELAYED,
                                   .delay_ns = 1000000,
                                   .backing = PYMALLOC_BACKING_REGION,
                                   .pool_bytes = 4096,
                                   .arena_bytes = 65536,
                                   .log = &log});
    assert_true(log.count > 16);
}

/* ---- one call at a time ------------------------------------------------- */

/* A provider that, once armed, waits inside `take` and `give` until it is let
 * go: the call that came there is under way meanwhile. */
struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_armed, is_inside, is_open;
    bool other_returned; /* the call that came after */
    const struct pymalloc *heap;
    void *block; /* of the calls below */
    char arena[1 << 14] __attribute__((aligned(4096)));
};

static void set_flag(struct gate *gate, bool *flag)
{
    (void)pthread_mutex_lock(&gate->mutex);
    *flag = true;
    (void)pthread_cond_broadcast(&gate->changed);
    (void)pthread_mutex_unlock(&gate->mutex);
}

static void wait_for(struct gate *gate, const bool *flag)
{
    (void)pthread_mutex_lock(&gate->mutex);
    while (!*flag) {
        (void)pthread_cond_wait(&gate->changed, &gate->mutex);
    }
    (void)pthread_mutex_unlock(&gate->mutex);
}

/* Whether the flag comes within 50 ms. */
static bool comes_soon(struct gate *gate, const bool *flag)
{
    struct timespec limit;
    (void)clock_gettime(CLOCK_REALTIME, &limit);
    const long limit_ns = limit.tv_nsec + 50000000;
    limit.tv_sec += limit_ns / 1000000000;
    limit.tv_nsec = limit_ns % 1000000000;
    (void)pthread_mutex_lock(&gate->mutex);
    int status = 0;
    while (!*flag && status == 0) {
        status = pthread_cond_timedwait(&gate->changed, &gate->mutex, &limit);
    }
    const bool came = *flag;
    (void)pthread_mutex_unlock(&gate->mutex);
    return came;
}

static void stay(struct gate *gate)
{
    if (gate->is_armed) {
        set_flag(gate, &gate->is_inside);
        wait_for(gate, &gate->is_open);
    }
}

static void *take_slowly(void *context, size_t size)
{
    struct gate *gate = context;
    stay(gate);
    return size <= sizeof gate->arena ? gate->arena : NULL;
}

static void give_slowly(void *context, void *arena, size_t size)
{
    (void)arena;
    (void)size;
    stay(context);
}

/* Calls that come to the provider; all but the last find no arena. */
static void first_malloc(struct gate *gate)
{
    gate->block = heap_malloc(gate->heap, 64);
}

static void first_calloc(struct gate *gate)
{
    gate->block = heap_calloc(gate->heap, 1, 64);
}

static void first_realloc(struct gate *gate)
{
    gate->block = heap_realloc(gate->heap, NULL, 64);
}

static void first_free(struct gate *gate)
{
    heap_free(gate->heap, gate->block);
    gate->block = NULL;
}

/* Calls that do not. */
static void other_malloc(struct gate *gate)
{
    heap_free(gate->heap, heap_malloc(gate->heap, 5000));
}

static void other_calloc(struct gate *gate)
{
    heap_free(gate->heap, heap_calloc(gate->heap, 5, 1000));
}

static void other_realloc(struct gate *gate)
{
    heap_free(gate->heap, heap_realloc(gate->heap, NULL, 5000));
}

static void other_free(struct gate *gate)
{
    heap_free(gate->heap, NULL);
}

static void other_statistics(struct gate *gate)
{
    (void)heap_statistics(gate->heap);
}

static void other_inspect(struct gate *gate)
{
    pymalloc_inspect(gate->heap, &(struct pymalloc_visitor){NULL, NULL, NULL});
}

static void (*const first_calls[])(struct gate *) = {
    first_malloc, first_calloc, first_realloc, first_free};

static void (*const other_calls[])(struct gate *) = {
    other_malloc, other_calloc,     other_realloc,
    other_free,   other_statistics, other_inspect};

struct caller {
    pthread_t thread;
    struct gate *gate;
    void (*call)(struct gate *gate);
    bool *returned;
};

static void *call_and_tell(void *argument)
{
    const struct caller *caller = argument;
    caller->call(caller->gate);
    if (caller->returned != NULL) {
        set_flag(caller->gate, caller->returned);
    }
    return NULL;
}

static void start(struct caller *caller)
{
    assert_int_equal(
        pthread_create(&caller->thread, NULL, call_and_tell, caller), 0);
}

/* Whether `other` returns while `first` is under way. */
static bool overtakes(void (*first)(struct gate *),
                      void (*other)(struct gate *), bool lock)
{
    static struct gate gate;
    gate = (struct gate){.mutex = PTHREAD_MUTEX_INITIALIZER,
                         .changed = PTHREAD_COND_INITIALIZER};
    const struct pymalloc_provider provider = {
        .context = &gate, .take = take_slowly, .give = give_slowly};
    char reason[256] = "";
    struct pymalloc *heap = pymalloc_create(
        &(struct pymalloc_options){.preset = "2.7",
                                   .arena_bytes = sizeof gate.arena,
                                   .provider = &provider,
                                   .lock = lock},
        reason, sizeof reason);
    assert_non_null(heap);
    gate.heap = heap;
    if (first == first_free) {
        first_malloc(&gate);
    }
    gate.is_armed = true;
    struct caller callers[2] = {
        {.gate = &gate, .call = first},
        {.gate = &gate, .call = other, .returned = &gate.other_returned}};
    start(&callers[0]);
    wait_for(&gate, &gate.is_inside);
    start(&callers[1]);
    if (!lock) {
        wait_for(&gate, &gate.other_returned);
    }
    const bool came = comes_soon(&gate, &gate.other_returned);
    set_flag(&gate, &gate.is_open);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
    }
    heap_free(heap, gate.block);
    pymalloc_destroy(heap);
    return came;
}

static void a_call_waits_for_the_one_before_iff_there_is_a_lock(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof first_calls / sizeof first_calls[0]; i++) {
        assert_false(overtakes(first_calls[i], other_free, true));
    }
    for (size_t i = 0; i < sizeof other_calls / sizeof other_calls[0]; i++) {
        assert_false(overtakes(first_malloc, other_calls[i], true));
    }
    assert_true(overtakes(first_malloc, other_free, false));
}

/* ---- an instance each --------------------------------------------------- */

struct soloist {
    pthread_t thread;
    struct pymalloc_options options;
    struct stream_answer answer;
};

static void *play(void *argument)
{
    struct soloist *soloist = argument;
    soloist->answer = stream_answer(&soloist->options, 0, 21, 100000);
    return NULL;
}

/* What one keeps is nothing to the others: beside each other, all presets
 * answer as alone. */
static void instances_answer_beside_each_other_as_alone(void **state)
{
    (void)state;
    struct soloist soloists[16];
    size_t count = 0;
    for (; pymalloc_preset(count) != NULL; count++) {
        struct soloist *soloist = &soloists[count];
        soloist->options =
            (struct pymalloc_options){.preset = pymalloc_preset(count)->name};
        assert_int_equal(pthread_create(&soloist->thread, NULL, play, soloist),
                         0);
    }
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(pthread_join(soloists[i].thread, NULL), 0);
    }
    for (size_t i = 0; i < count; i++) {
        const struct stream_answer alone =
            stream_answer(&soloists[i].options, 0, 21, 100000);
        assert_int_equal(soloists[i].answer.places, alone.places);
        assert_int_equal(soloists[i].answer.statistics, alone.statistics);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_may_share_an_instance_with_a_lock),
        cmocka_unit_test(a_call_waits_for_the_one_before_iff_there_is_a_lock),
        cmocka_unit_test(instances_answer_beside_each_other_as_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
