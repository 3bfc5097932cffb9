/* Traces of Python programs: written, read back, and refused when changed. */
#include "unit.h"

#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "addresses.h"
#include "expand.h"
#include "random.h"
#include "support/python_trace.h"
#include "support/python_trace_file.h"
#include "support/python_trace_requests.h"
#include "support/python_trace_writer.h"
#include "texts.h"

static const struct python_trace_header header = {.arena_bytes = 1 << 20,
                                                  .pool_bytes = 16 << 10,
                                                  .misalignment = 4112,
                                                  .version = "3.11.2"};

static const struct python_trace_place raw = {PYTHON_TRACE_NO_SLOT, 0};

static char folder[] = "./giveback-trace-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/trace.zst", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder); /* fails where something was left behind */
}

static struct python_trace_writer *create(void)
{
    struct reason reason = {""};
    struct python_trace_writer *writer =
        python_trace_create(path, &header, 1, &reason);
    if (!writer) {
        fail_msg("%s", reason.text);
    }
    return writer;
}

static void finish(struct python_trace_writer *writer)
{
    struct reason reason = {""};
    if (python_trace_finish(writer, &reason) != STATUS_OK) {
        fail_msg("%s", reason.text);
    }
}

/* The whole file; the caller frees it. */
static unsigned char *read_file(size_t *size)
{
    FILE *file = fopen(path, "rb");
    struct stat status;
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &status), 0);
    *size = (size_t)status.st_size;
    unsigned char *bytes = malloc(*size);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    (void)fclose(file);
    return bytes;
}

/* Reads a trace to its end or refusal; the reason is empty at the end. */
static struct reason read_through(const void *bytes, size_t size)
{
    struct python_trace *trace;
    struct python_trace_call call;
    struct reason reason = {""};
    if (python_trace_open_bytes(&trace, bytes, size, &reason) == STATUS_OK) {
        enum python_trace_step step;
        do {
            step = python_trace_next(trace, &call, &reason);
        } while (step == PYTHON_TRACE_AT_CALL);
        assert_int_equal(step == PYTHON_TRACE_IS_REFUSED,
                         reason.text[0] != '\0');
        python_trace_close(trace);
    }
    return reason;
}

/* A small trace with every kind of record but a checkpoint. */
static unsigned char *small_trace(size_t *size)
{
    struct python_trace_writer *writer = create();
    python_trace_write_event(writer, false, 0);
    const uint32_t a = python_trace_write_made(
        writer, PYTHON_CALL_MALLOC, 100, (struct python_trace_place){0, 48});
    const uint32_t b =
        python_trace_write_made(writer, PYTHON_CALL_CALLOC, 1000, raw);
    (void)python_trace_write_made(writer, PYTHON_CALL_REALLOC_NULL, 0, raw);
    python_trace_write_resized(writer, a, 200, raw);
    python_trace_write_event(writer, true, 0);
    python_trace_write_freed(writer, b);
    python_trace_write_finalizing(writer);
    python_trace_write_freed(writer, PYTHON_TRACE_NO_BLOCK);
    finish(writer);
    return read_file(size);
}

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

/* ---- refusals -------------------------------------------------------------
 */

static void every_truncated_file_is_refused(void **state)
{
    (void)state;
    size_t size;
    unsigned char *bytes = small_trace(&size);
    assert_string_equal(read_through(bytes, size).text, "");
    for (size_t length = 0; length < size; length++) {
        assert_true(read_through(bytes, length).text[0] != '\0');
    }
    free(bytes);
}

static void every_changed_byte_is_refused(void **state)
{
    (void)state;
    size_t size;
    unsigned char *bytes = small_trace(&size);
    for (size_t i = 0; i < size; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            bytes[i] = (unsigned char)(bytes[i] ^ 1U << bit);
            assert_true(read_through(bytes, size).text[0] != '\0');
            bytes[i] = (unsigned char)(bytes[i] ^ 1U << bit);
        }
    }
    unsigned char *longer = realloc(bytes, size + 1);
    assert_non_null(longer);
    longer[size] = 0;
    assert_true(read_through(longer, size + 1).text[0] != '\0');
    free(longer);
}

/* A trace, right in its outer layer, of any bytes inside. */
static size_t pack(unsigned char *out, size_t capacity, const void *inside,
                   size_t size)
{
    const size_t packed = ZSTD_compress(
        out, capacity - PYTHON_TRACE_TRAILER_BYTES, inside, size, 1);
    assert_false(ZSTD_isError(packed));
    unsigned char *trailer = out + packed;
    python_trace_put_le(trailer, PYTHON_TRACE_TRAILER_MAGIC, 4);
    python_trace_put_le(trailer + 4, PYTHON_TRACE_TRAILER_HASH_BYTES, 4);
    python_trace_put_le(
        trailer + 8, python_trace_fnv(PYTHON_TRACE_FNV_BASIS, out, packed + 8),
        PYTHON_TRACE_TRAILER_HASH_BYTES);
    return packed + PYTHON_TRACE_TRAILER_BYTES;
}

/* Magic, arenas of 1 MiB, pools of 16 KiB, aligned, version "3". */
#define HEADER                                                                \
    PYTHON_TRACE_MAGIC "\x80\x80\x40\x80\x80\x01\0\x01"                       \
                       "3"

/* Records: malloc(4), malloc(8), free of the last block. */
#define MALLOC_4  "\x10"
#define FREE_LAST "\x01"
#define TAKE_0    "\x0f"
#define GIVE_0    "\x13"
#define HASH_0    "\0\0\0\0\0\0\0\0"
#define END       "\x1b" HASH_0

struct nonsense {
    const char *bytes;
    size_t size;
    const char *words; /* of the reason */
};

#define NONSENSE(bytes, words)                                                \
    {                                                                         \
        bytes, sizeof(bytes) - 1, words                                       \
    }

static const struct nonsense nonsense[] = {
    NONSENSE("", "stops without an end"),
    NONSENSE("giveback python trace 2\n", "no trace of version 1"),
    NONSENSE(PYTHON_TRACE_MAGIC, "stops without an end"),
    NONSENSE(PYTHON_TRACE_MAGIC "\x03\x02\0\x01"
                                "3",
             "arenas of 3 bytes"),
    NONSENSE(PYTHON_TRACE_MAGIC "\x40\x40\0\x01"
                                "3",
             "pools of 64"),
    NONSENSE(PYTHON_TRACE_MAGIC "\x40\x20\x20\x01"
                                "3",
             "misaligned by 32"),
    NONSENSE(PYTHON_TRACE_MAGIC "\x40\x20\x08\x01"
                                "3",
             "misaligned by 8"),
    NONSENSE(PYTHON_TRACE_MAGIC "\x40\x20\0\0", "version of 0 characters"),
    NONSENSE(PYTHON_TRACE_MAGIC "\x40\x20\0\x40", "version of 64"),
    NONSENSE(PYTHON_TRACE_MAGIC "\x40\x20\0\x01\x1b", "cannot be printed"),
    NONSENSE(HEADER, "stops without an end"),
    NONSENSE(HEADER MALLOC_4, "stops without an end"),
    NONSENSE(HEADER "\x90", "stops without an end"),
    NONSENSE(HEADER "\x90\0", "longer than it has to be"),
    NONSENSE(HEADER "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02",
             "more than 64 bits"),
    NONSENSE(HEADER "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x80\x01",
             "more than 64 bits"),
    NONSENSE(HEADER "\x84\x80\x80\x80\x80\x80\x80\x04", "a request of"),
    NONSENSE(HEADER FREE_LAST, "block 0 is not live"),
    NONSENSE(HEADER MALLOC_4 FREE_LAST FREE_LAST, "block 0 is not live"),
    NONSENSE(HEADER MALLOC_4 "\x05", "block -1 is not live"),
    NONSENSE(HEADER MALLOC_4 "\x09", "block 1 is not live"),
    NONSENSE(HEADER MALLOC_4 "\x0a\x04", "block 1 is not live"),
    NONSENSE(HEADER MALLOC_4 "\x81\x80\x80\x80\x80\x01", "no block has such"),
    NONSENSE(HEADER MALLOC_4 "\x02", "stops without an end"),
    NONSENSE(HEADER "\x1f\x1f", "itself down twice"),
    NONSENSE(HEADER "\x3f", "a value that has no meaning"),
    NONSENSE(HEADER TAKE_0 "\x1f", "within no call"),
    NONSENSE(HEADER "\x2b", "a value that has no meaning"),
    NONSENSE(HEADER "\x3b", "a value that has no meaning"),
    NONSENSE(HEADER TAKE_0 TAKE_0, "taken twice"),
    NONSENSE(HEADER GIVE_0, "given back, but free"),
    NONSENSE(HEADER TAKE_0 GIVE_0 TAKE_0, "arena 3 of a call"),
    NONSENSE(HEADER "\x8f\x80\x80\x01", "slot 65536"),
    NONSENSE(HEADER TAKE_0 END, "within no call"),
    NONSENSE(HEADER MALLOC_4 "\x17" HASH_0, "out of place"),
    NONSENSE(HEADER MALLOC_4 END "\x02", "end says 2 where we count 1"),
    NONSENSE(HEADER MALLOC_4 END "\x01\x02", "end says 2 where we count 1"),
    NONSENSE(HEADER MALLOC_4 END "\x01\x01\x01", "end says 1 where we"),
    NONSENSE(HEADER MALLOC_4 END "\x01\x01\0\0", "stops without an end"),
    NONSENSE(HEADER MALLOC_4 END "\x01\x01\0\0\0\0", "goes on behind its"),
};

static void what_has_no_sense_is_refused_with_the_reason(void **state)
{
    (void)state;
    unsigned char file[4096];
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        const size_t size =
            pack(file, sizeof file, nonsense[i].bytes, nonsense[i].size);
        const struct reason reason = read_through(file, size);
        if (!strstr(reason.text, nonsense[i].words)) {
            fail_msg("%zu: '%s' does not say '%s'", i, reason.text,
                     nonsense[i].words);
        }
    }
    static const char good[] = HEADER MALLOC_4 END "\x01\x01\0\0";
    const size_t size = pack(file, sizeof file, good, sizeof good);
    assert_string_equal(read_through(file, size).text, "");
}

static void a_checkpoint_stands_where_it_has_to_and_nowhere_else(void **state)
{
    (void)state;
    static char inside[PYTHON_TRACE_CHECKPOINT_CALLS + 64];
    static unsigned char file[2 * sizeof inside];
    const size_t head = sizeof HEADER - 1;
    memcpy(inside, HEADER, head);
    memset(inside + head, 0x0b, PYTHON_TRACE_CHECKPOINT_CALLS); /* of NULL */
    const size_t size = pack(file, sizeof file, inside,
                             head + PYTHON_TRACE_CHECKPOINT_CALLS + 8);
    assert_contains(read_through(file, size).text, "a checkpoint is missing");
}

static void bytes_around_the_frame_are_refused(void **state)
{
    (void)state;
    static const char good[] = HEADER MALLOC_4 END "\x01\x01\0\0";
    unsigned char frame[1024];
    unsigned char file[4096];
    const size_t size =
        ZSTD_compress(frame, sizeof frame, good, sizeof good, 1);
    /* Two frames under one hash. */
    memcpy(frame + size, frame, size);
    memcpy(file, frame, 2 * size);
    unsigned char *trailer = file + 2 * size;
    python_trace_put_le(trailer, PYTHON_TRACE_TRAILER_MAGIC, 4);
    python_trace_put_le(trailer + 4, PYTHON_TRACE_TRAILER_HASH_BYTES, 4);
    python_trace_put_le(
        trailer + 8,
        python_trace_fnv(PYTHON_TRACE_FNV_BASIS, file, 2 * size + 8), 8);
    assert_contains(
        read_through(file, 2 * size + PYTHON_TRACE_TRAILER_BYTES).text,
        "goes on behind its end");
}

static void a_window_that_takes_too_much_memory_is_refused(void **state)
{
    (void)state;
    static const char good[] = HEADER MALLOC_4 END "\x01\x01\0\0";
    unsigned char file[4096];
    ZSTD_CCtx *context = ZSTD_createCCtx();
    assert_non_null(context);
    (void)ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 27);
    ZSTD_inBuffer in = {good, sizeof good, 0};
    ZSTD_outBuffer out = {file, sizeof file, 0};
    (void)ZSTD_compressStream2(context, &out, &in, ZSTD_e_continue);
    assert_int_equal(ZSTD_compressStream2(context, &out, &in, ZSTD_e_end), 0);
    (void)ZSTD_freeCCtx(context);
    unsigned char *trailer = file + out.pos;
    python_trace_put_le(trailer, PYTHON_TRACE_TRAILER_MAGIC, 4);
    python_trace_put_le(trailer + 4, PYTHON_TRACE_TRAILER_HASH_BYTES, 4);
    python_trace_put_le(
        trailer + 8,
        python_trace_fnv(PYTHON_TRACE_FNV_BASIS, file, out.pos + 8), 8);
    assert_contains(
        read_through(file, out.pos + PYTHON_TRACE_TRAILER_BYTES).text,
        "cannot be unpacked");
}

static void what_is_no_file_is_refused_with_the_reason(void **state)
{
    (void)state;
    struct python_trace *trace;
    struct reason reason;
    assert_int_equal(python_trace_open(&trace, "/nowhere/at all", &reason),
                     STATUS_FAILED);
    assert_contains(reason.text, "No such file");
    assert_int_equal(python_trace_open(&trace, "/dev/zero", &reason),
                     STATUS_FAILED);
    assert_contains(reason.text, "no plain file");
    assert_int_equal(python_trace_open(&trace, "/proc/self/exe", &reason),
                     STATUS_FAILED);
    assert_contains(reason.text, "this is no trace");
    assert_null(trace);
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
        cmocka_unit_test(every_truncated_file_is_refused),
        cmocka_unit_test(every_changed_byte_is_refused),
        cmocka_unit_test(what_has_no_sense_is_refused_with_the_reason),
        cmocka_unit_test(a_checkpoint_stands_where_it_has_to_and_nowhere_else),
        cmocka_unit_test(bytes_around_the_frame_are_refused),
        cmocka_unit_test(a_window_that_takes_too_much_memory_is_refused),
        cmocka_unit_test(what_is_no_file_is_refused_with_the_reason),
        cmocka_unit_test(a_trace_that_failed_leaves_no_file),
        cmocka_unit_test(requests_know_the_peak_and_what_is_kept),
        cmocka_unit_test(a_trace_that_cannot_be_replayed_is_refused),
        cmocka_unit_test(a_relative_path_begins_where_the_user_is),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
