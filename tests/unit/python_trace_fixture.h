/* What tests of traces share: a folder with a trace, written and read. */
#ifndef GIVEBACK_UNIT_PYTHON_TRACE_FIXTURE_H
#define GIVEBACK_UNIT_PYTHON_TRACE_FIXTURE_H

#include "unit.h"

#include <sys/stat.h>
#include <unistd.h>

#include "support/python_trace.h"
#include "support/python_trace_writer.h"

static const struct python_trace_header header = {.arena_bytes = 1 << 20,
                                                  .pool_bytes = 16 << 10,
                                                  .misalignment = 4112,
                                                  .version = "3.11.2"};

static const struct python_trace_place raw = {PYTHON_TRACE_NO_SLOT, 0};

static char folder[] = "./giveback-trace-XXXXXX";
static char path[64];

static inline int make_folder(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/trace.zst", folder);
    return 0;
}

static inline int remove_folder(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(folder); /* fails where something was left behind */
}

static inline struct python_trace_writer *create(void)
{
    struct reason reason = {""};
    struct python_trace_writer *writer =
        python_trace_create(path, &header, 1, &reason);
    if (!writer) {
        fail_msg("%s", reason.text);
    }
    return writer;
}

static inline void finish(struct python_trace_writer *writer)
{
    struct reason reason = {""};
    if (python_trace_finish(writer, &reason) != STATUS_OK) {
        fail_msg("%s", reason.text);
    }
}

/* The whole file; the caller frees it. */
static inline unsigned char *read_file(size_t *size)
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
static inline struct reason read_through(const void *bytes, size_t size)
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
static inline unsigned char *small_trace(size_t *size)
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

#endif
