/* Traces of Python programs: written and read back. */
#include "python_trace_fixture.h"

#include <malloc.h>

#include "addresses.h"
#include "expand.h"
#include "random.h"
#include "support/python_trace_file.h"
#include "support/python_trace_requests.h"
#include "texts.h"

/* ---- there and back -------------------------------------------------------
 */

enum { STEPS = 200000, LIVE_MAX = 5000 };

/* Calls at random, told to whoever listens. */
struct script {
    struct random random;
    uint32_t live[LIVE_MAX]; /* numbers */
    uint64_t sizes[LIVE_MAX];
    size_t live_count;
};

static uint64_t random_size(struct script *script)
{
    const uint64_t bits = random_below(&script->random, 45);
    return random_below(&script->random, UINT64_C(1) << bits);
}

static void write_made(struct script *script,
                       struct python_trace_writer *writer,
                       enum python_trace_kind kind)
{
    const uint64_t size = random_size(script);
    const struct python_trace_place place = {
        (uint32_t)random_below(&script->random, 4), size % 1000000};
    script->sizes[script->live_count] = size;
    script->live[script->live_count++] =
        python_trace_write_made(writer, kind, size, place);
}

static void write_step(struct script *script,
                       struct python_trace_writer *writer)
{
    const size_t i = script->live_count
                         ? random_below(&script->random, script->live_count)
                         : 0;
    const uint64_t what = random_below(&script->random, 8);
    if (script->live_count == 0 ||
        (what < 3 && script->live_count < LIVE_MAX)) {
        write_made(script, writer, (enum python_trace_kind)(what % 3));
    } else if (what == 3) {
        script->sizes[i] = random_size(script);
        python_trace_write_resized(writer, script->live[i], script->sizes[i],
                                   raw);
    } else if (what == 4) {
        python_trace_write_freed(writer, PYTHON_TRACE_NO_BLOCK);
    } else {
        python_trace_write_freed(writer, script->live[i]);
        script->live_count--;
        script->live[i] = script->live[script->live_count];
        script->sizes[i] = script->sizes[script->live_count];
    }
}

/* The same script, call by call as the reader tells it. */
static void check_step(struct script *script,
                       struct python_trace_writer *again,
                       struct python_trace *trace)
{
    struct python_trace_call call;
    struct reason reason;
    const size_t live_before = script->live_count;
    write_step(script, again);
    assert_int_equal(python_trace_next(trace, &call, &reason),
                     PYTHON_TRACE_AT_CALL);
    assert_int_equal(call.event_count, 0);
    if (script->live_count > live_before) {
        assert_int_equal(call.block, script->live[live_before]);
        assert_true(call.size == script->sizes[live_before]);
        assert_true(call.kind <= PYTHON_CALL_REALLOC_NULL);
    } else if (call.kind == PYTHON_CALL_FREE) {
        assert_int_equal(script->live_count + 1, live_before);
    } else {
        assert_int_equal(script->live_count, live_before);
    }
    assert_int_equal(call.is_checkpoint,
                     python_trace_totals(trace)->calls %
                             PYTHON_TRACE_CHECKPOINT_CALLS ==
                         0);
    if (call.is_checkpoint) {
        assert_true(call.hash == python_trace_written(again)->hash);
    }
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    static struct script script, again;
    script.random = again.random = random_seeded(7);
    struct python_trace_writer *writer = create();
    for (size_t i = 0; i < STEPS; i++) {
        write_step(&script, writer);
    }
    python_trace_write_failed(writer);
    finish(writer);

    struct reason reason = {""};
    struct python_trace *trace;
    struct python_trace_call call;
    assert_int_equal(python_trace_open(&trace, path, &reason), STATUS_OK);
    assert_memory_equal(python_trace_header(trace), &header, sizeof header);
    writer = create(); /* a second one, which takes the numbers in turn */
    for (size_t i = 0; i < STEPS; i++) {
        check_step(&again, writer, trace);
    }
    assert_int_equal(python_trace_next(trace, &call, &reason),
                     PYTHON_TRACE_AT_END);
    const struct python_trace_totals *read = python_trace_totals(trace);
    const struct python_trace_totals *written = python_trace_written(writer);
    assert_int_equal(read->calls, STEPS);
    assert_int_equal(read->blocks, written->blocks);
    assert_true(read->hash == written->hash);
    assert_int_equal(read->failed_calls, 1);
    python_trace_abandon(writer);
    python_trace_close(trace);
}

static void arenas_are_told_with_the_call_they_belong_to(void **state)
{
    (void)state;
    struct python_trace_writer *writer = create();
    python_trace_write_event(writer, false, 0);
    const uint32_t first = python_trace_write_made(
        writer, PYTHON_CALL_MALLOC, 8, (struct python_trace_place){0, 64});
    python_trace_write_event(writer, false, 1);
    python_trace_write_event(writer, true, 0);
    python_trace_write_resized(writer, first, 16, raw);
    finish(writer);

    struct python_trace *trace;
    struct python_trace_call call;
    struct reason reason;
    assert_int_equal(python_trace_open(&trace, path, &reason), STATUS_OK);
    (void)python_trace_next(trace, &call, &reason);
    assert_int_equal(call.event_count, 1);
    assert_false(call.events[0].given);
    (void)python_trace_next(trace, &call, &reason);
    assert_int_equal(call.event_count, 2);
    assert_int_equal(call.events[0].slot, 1);
    assert_true(call.events[1].given);
    assert_int_equal(call.old_size, 8);
    assert_int_equal(python_trace_next(trace, &call, &reason),
                     PYTHON_TRACE_AT_END);
    assert_int_equal(python_trace_totals(trace)->arenas_taken, 2);
    assert_int_equal(python_trace_totals(trace)->arenas_given, 1);
    python_trace_close(trace);
}

static void the_end_of_the_interpreter_is_told(void **state)
{
    (void)state;
    struct python_trace_writer *writer = create();
    const uint32_t block =
        python_trace_write_made(writer, PYTHON_CALL_MALLOC, 8, raw);
    python_trace_write_finalizing(writer);
    python_trace_write_event(writer, false, 0);
    python_trace_write_resized(writer, block, 9, raw);
    python_trace_write_freed(writer, block);
    finish(writer);

    struct python_trace *trace;
    struct python_trace_call call;
    struct reason reason;
    assert_int_equal(python_trace_open(&trace, path, &reason), STATUS_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(python_trace_next(trace, &call, &reason),
                         PYTHON_TRACE_AT_CALL);
        assert_int_equal(call.is_finalizing, i > 0);
    }
    assert_int_equal(call.old_size, 9); /* what realloc asked for */
    assert_int_equal(python_trace_next(trace, &call, &reason),
                     PYTHON_TRACE_AT_END);
    python_trace_close(trace);
}

static void the_hash_knows_place_and_order(void **state)
{
    (void)state;
    const uint64_t a = python_trace_hash(python_trace_hash(0, 0, 48), 0, 96);
    assert_true(a != python_trace_hash(python_trace_hash(0, 0, 96), 0, 48));
    assert_true(a != python_trace_hash(python_trace_hash(0, 1, 48), 0, 96));
    assert_true(
        a != python_trace_hash(python_trace_hash(0, PYTHON_TRACE_NO_SLOT, 48),
                               0, 96));
    /* In no arena there is no offset. */
    assert_true(python_trace_hash(0, PYTHON_TRACE_NO_SLOT, 1) ==
                python_trace_hash(0, PYTHON_TRACE_NO_SLOT, 2));
}

static void the_trace_in_the_program_is_whole(void **state)
{
    (void)state;
    struct python_trace *trace;
    struct python_trace_call call;
    struct reason reason;
    enum python_trace_step step;
    assert_int_equal(python_trace_open(&trace, "start_up", &reason),
                     STATUS_OK);
    do {
        step = python_trace_next(trace, &call, &reason);
    } while (step == PYTHON_TRACE_AT_CALL);
    assert_int_equal(step, PYTHON_TRACE_AT_END);
    assert_true(python_trace_totals(trace)->calls > 10000);
    python_trace_close(trace);
    assert_int_equal(python_trace_open(&trace, "start", &reason),
                     STATUS_FAILED);
    assert_contains(reason.text, "only 'start_up'");
    assert_contains(reason.text, "./start");
}

static void reading_leaves_the_heap_as_it_was(void **state)
{
    (void)state;
    struct reason reason;
    struct python_trace *trace;
    struct python_trace_call call;
    size_t size;
    free(small_trace(&size));
    const char *const files[] = {"start_up", path};
    for (size_t i = 0; i < 2; i++) {
        const struct mallinfo2 before = mallinfo2();
        assert_int_equal(python_trace_open(&trace, files[i], &reason),
                         STATUS_OK);
        while (python_trace_next(trace, &call, &reason) ==
               PYTHON_TRACE_AT_CALL) {
        }
        const struct mallinfo2 within = mallinfo2();
        python_trace_close(trace);
        const struct mallinfo2 after = mallinfo2();
        assert_memory_equal(&before, &within, sizeof before);
        assert_memory_equal(&before, &after, sizeof before);
    }
}

/* ---- the writer's own errors ----------------------------------------------
 */

/* Nor one under its temporary name. */
static void assert_no_file(void)
{
    char part_path[sizeof path + 8];
    (void)snprintf(part_path, sizeof part_path, "%s.part", path);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(access(part_path, F_OK), -1);
}

static void a_trace_that_failed_leaves_no_file(void **state)
{
    (void)state;
    struct reason reason = {""};
    (void)unlink(path);
    struct python_trace_writer *writer = create();
    (void)python_trace_write_made(writer, PYTHON_CALL_MALLOC, UINT64_MAX, raw);
    (void)python_trace_write_made(writer, PYTHON_CALL_MALLOC, 1, raw);
    assert_int_equal(python_trace_finish(writer, &reason), STATUS_FAILED);
    assert_contains(reason.text, "a block of 18446744073709551615 bytes");
    assert_no_file();

    writer = create();
    for (int i = 0; i < 3; i++) {
        python_trace_write_event(writer, i % 2, 0);
    }
    assert_int_equal(python_trace_finish(writer, &reason), STATUS_FAILED);
    assert_contains(reason.text, "more than 2 arenas");
    assert_no_file();

    python_trace_abandon(create());
    python_trace_abandon(NULL);
    assert_no_file();
    assert_null(python_trace_create("/nowhere/x", &header, 1, &reason));
    assert_contains(reason.text, "No such file");
}

/* ---- requests -------------------------------------------------------------
 */

static void *allocate(void *context, size_t bytes)
{
    (void)context;
    return calloc(1, bytes);
}

/* Made before the peak: a, kept, moved after it; d, given up; b, given up
 * after it, its number then taken by c, which nobody gives up. What comes when
 * the interpreter takes itself down counts for nothing. */
static void requests_know_the_peak_and_what_is_kept(void **state)
{
    (void)state;
    struct python_trace_writer *writer = create();
    const uint32_t a =
        python_trace_write_made(writer, PYTHON_CALL_MALLOC, 10, raw);
    python_trace_write_freed(writer, PYTHON_TRACE_NO_BLOCK);
    const uint32_t b =
        python_trace_write_made(writer, PYTHON_CALL_CALLOC, 1000, raw);
    const uint32_t d =
        python_trace_write_made(writer, PYTHON_CALL_MALLOC, 1, raw);
    python_trace_write_freed(writer, d);
    python_trace_write_freed(writer, b);
    const uint32_t c =
        python_trace_write_made(writer, PYTHON_CALL_REALLOC_NULL, 0, raw);
    assert_int_equal(b, c);
    python_trace_write_resized(writer, a, 20, raw);
    python_trace_write_finalizing(writer);
    python_trace_write_freed(writer, a);
    (void)python_trace_write_made(writer, PYTHON_CALL_MALLOC, 5000, raw);
    (void)python_trace_write_made(writer, PYTHON_CALL_MALLOC, 1, raw);
    finish(writer);

    struct python_requests requests;
    struct reason reason = {""};
    assert_int_equal(
        python_requests_load(&requests, path, allocate, NULL, &reason),
        STATUS_OK);
    static const struct python_request expected[] = {
        {PYTHON_REQUEST_ALLOC, 3, 10},  {PYTHON_REQUEST_ALLOC_ZEROED, 1, 1000},
        {PYTHON_REQUEST_ALLOC, 2, 1},   {PYTHON_REQUEST_RELEASE, 2, 0},
        {PYTHON_REQUEST_RELEASE, 1, 0}, {PYTHON_REQUEST_ALLOC, 1, 1},
        {PYTHON_REQUEST_RESIZE, 3, 20}};
    assert_int_equal(requests.count, 7);
    assert_memory_equal(requests.items, expected, sizeof expected);
    assert_int_equal(requests.fill_count, 3);
    assert_int_equal(requests.peak_bytes, 1011);
    assert_int_equal(requests.block_count, 3);
    assert_int_equal(requests.kept_count, 1);
    python_requests_leave_out_kept(&requests);
    assert_int_equal(requests.count, 5);
    assert_int_equal(requests.fill_count, 2);
    assert_memory_equal(requests.items, expected + 1, 5 * sizeof *expected);
    free(requests.items);
}

static void a_trace_that_cannot_be_replayed_is_refused(void **state)
{
    (void)state;
    struct python_requests requests;
    struct reason reason = {""};
    finish(create());
    assert_int_equal(
        python_requests_load(&requests, path, allocate, NULL, &reason),
        STATUS_FAILED);
    assert_contains(reason.text, "has no calls");
    struct python_trace_writer *writer = create();
    (void)python_trace_write_made(writer, PYTHON_CALL_MALLOC,
                                  UINT64_C(1) << 32, raw);
    finish(writer);
    assert_int_equal(
        python_requests_load(&requests, path, allocate, NULL, &reason),
        STATUS_FAILED);
    assert_contains(reason.text, "4 GiB");
}

/* ---- addresses ------------------------------------------------------------
 */

static void assert_expands(const char *text, const char *expected)
{
    struct texts addresses = {NULL, 0};
    struct reason reason = {""};
    assert_int_equal(expand_workload(text, &addresses, &reason), STATUS_OK);
    assert_int_equal(addresses.count, 1);
    assert_string_equal(addresses.items[0], expected);
    texts_free(&addresses);
}

static void a_relative_path_begins_where_the_user_is(void **state)
{
    (void)state;
    char here[4096];
    char expected[8192];
    assert_non_null(getcwd(here, sizeof here));
    (void)snprintf(expected, sizeof expected,
                   "python_trace+file=%s/a/b+c.zst+start=cold", here);
    assert_expands("python_trace+file=a/b+c.zst+start=cold", expected);
    static const char *const same[] = {"python_trace",
                                       "python_trace+file=start_up",
                                       "python_trace+file=/a/b.zst+start=cold",
                                       "fill_drain+order=a/b",
                                       "nothing+file=a/b",
                                       "python_trace+nothing=a/b"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        assert_expands(same[i], same[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(arenas_are_told_with_the_call_they_belong_to),
        cmocka_unit_test(the_end_of_the_interpreter_is_told),
        cmocka_unit_test(the_hash_knows_place_and_order),
        cmocka_unit_test(the_trace_in_the_program_is_whole),
        cmocka_unit_test(reading_leaves_the_heap_as_it_was),
        cmocka_unit_test(a_trace_that_failed_leaves_no_file),
        cmocka_unit_test(requests_know_the_peak_and_what_is_kept),
        cmocka_unit_test(a_trace_that_cannot_be_replayed_is_refused),
        cmocka_unit_test(a_relative_path_begins_where_the_user_is),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
