/* Traces of Python programs: refused when they are changed, cut or nonsense.
 */
#include "python_trace_fixture.h"

#include <zstd.h>

#include "support/python_trace_file.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_truncated_file_is_refused),
        cmocka_unit_test(every_changed_byte_is_refused),
        cmocka_unit_test(what_has_no_sense_is_refused_with_the_reason),
        cmocka_unit_test(a_checkpoint_stands_where_it_has_to_and_nowhere_else),
        cmocka_unit_test(bytes_around_the_frame_are_refused),
        cmocka_unit_test(a_window_that_takes_too_much_memory_is_refused),
        cmocka_unit_test(what_is_no_file_is_refused_with_the_reason),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
