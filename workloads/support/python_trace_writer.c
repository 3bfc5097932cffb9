/* Writes a trace while the calls are made. */
#include "support/python_trace_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "support/python_trace_blocks.h"
#include "support/python_trace_file.h"

enum {
    PENDING_BYTES = 65536, /* records, before they are compressed */
    PACKED_BYTES = 65536,
    NUMBER_BYTES = 10, /* at most, of a number of 64 bits */
};

struct python_trace_writer {
    char path[PATH_MAX], part_path[PATH_MAX];
    int fd;
    ZSTD_CStream *stream;
    uint64_t file_hash;
    struct python_trace_blocks blocks;
    uint32_t last_block;
    unsigned events; /* since the last call */
    struct python_trace_totals totals;
    struct reason reason; /* the first thing that went wrong */
    size_t pending;
    unsigned char records[PENDING_BYTES];
    unsigned char packed[PACKED_BYTES];
};

static bool is_well(const struct python_trace_writer *writer)
{
    return writer->reason.text[0] == '\0';
}

/* ---- bytes ----------------------------------------------------------------
 */

static void write_file(struct python_trace_writer *writer,
                       const unsigned char *bytes, size_t size)
{
    size_t written = 0;
    writer->file_hash = python_trace_fnv(writer->file_hash, bytes, size);
    while (is_well(writer) && written < size) {
        const ssize_t done =
            write(writer->fd, bytes + written, size - written);
        if (done >= 0) {
            written += (size_t)done;
        } else if (errno != EINTR) {
            (void)explain(&writer->reason, STATUS_FAILED, "writing %.200s: %s",
                          writer->part_path, strerror(errno));
        }
    }
}

/* Compresses what is pending, and all of it with ZSTD_e_end. */
static void compress(struct python_trace_writer *writer,
                     ZSTD_EndDirective directive)
{
    ZSTD_inBuffer in = {writer->records, writer->pending, 0};
    size_t left = 1;
    while (is_well(writer) && (in.pos < in.size || left > 0)) {
        ZSTD_outBuffer out = {writer->packed, sizeof writer->packed, 0};
        left = ZSTD_compressStream2(writer->stream, &out, &in, directive);
        if (ZSTD_isError(left)) {
            (void)explain(&writer->reason, STATUS_FAILED,
                          "compressing %.200s: %s", writer->path,
                          ZSTD_getErrorName(left));
            return;
        }
        write_file(writer, writer->packed, out.pos);
        if (directive == ZSTD_e_continue) {
            left = 0; /* what zstd keeps for itself comes later */
        }
    }
    writer->pending = 0;
}

static void put_bytes(struct python_trace_writer *writer, const void *bytes,
                      size_t size)
{
    if (writer->pending + size > sizeof writer->records) {
        compress(writer, ZSTD_e_continue);
    }
    if (is_well(writer)) {
        memcpy(writer->records + writer->pending, bytes, size);
        writer->pending += size;
    }
}

static void put_number(struct python_trace_writer *writer, uint64_t number)
{
    unsigned char bytes[NUMBER_BYTES];
    size_t size = 0;
    while (number >= 0x80) {
        bytes[size++] = (unsigned char)(number | 0x80);
        number >>= 7;
    }
    bytes[size++] = (unsigned char)number;
    put_bytes(writer, bytes, size);
}

static void put_hash(struct python_trace_writer *writer)
{
    unsigned char bytes[8];
    python_trace_put_le(bytes, writer->totals.hash, sizeof bytes);
    put_bytes(writer, bytes, sizeof bytes);
}

/* ---- records --------------------------------------------------------------
 */

static void put_other(struct python_trace_writer *writer,
                      enum python_trace_other what, uint64_t value)
{
    put_number(writer, (value << 3 | what) << 2 | PYTHON_TRACE_OTHER);
}

/* Behind every call. */
static void end_call(struct python_trace_writer *writer)
{
    writer->events = 0;
    writer->totals.calls++;
    if (writer->totals.calls % PYTHON_TRACE_CHECKPOINT_CALLS == 0) {
        put_other(writer, PYTHON_TRACE_CHECKPOINT, 0);
        put_hash(writer);
    }
}

/* A block's number, as its distance from the last. */
static uint64_t zigzag(struct python_trace_writer *writer, uint32_t number)
{
    const int64_t distance = (int64_t)number - writer->last_block;
    writer->last_block = number;
    return distance < 0 ? (uint64_t)-distance * 2 - 1 : (uint64_t)distance * 2;
}

static bool check_size(struct python_trace_writer *writer, uint64_t size)
{
    if (is_well(writer) && size > PYTHON_TRACE_SIZE_MAX) {
        (void)explain(&writer->reason, STATUS_FAILED,
                      "a block of %llu bytes: a trace holds smaller ones",
                      (unsigned long long)size);
    }
    return is_well(writer);
}

void python_trace_write_event(struct python_trace_writer *writer, bool given,
                              uint32_t slot)
{
    if (is_well(writer) && ++writer->events > PYTHON_TRACE_EVENTS_MAX) {
        (void)explain(&writer->reason, STATUS_FAILED,
                      "more than %d arenas came or went in one call",
                      PYTHON_TRACE_EVENTS_MAX);
    }
    if (is_well(writer)) {
        put_other(writer, given ? PYTHON_TRACE_GIVEN : PYTHON_TRACE_TAKEN,
                  slot);
        *(given ? &writer->totals.arenas_given
                : &writer->totals.arenas_taken) += 1;
    }
}

static void hash_place(struct python_trace_writer *writer,
                       struct python_trace_place place)
{
    writer->totals.hash =
        python_trace_hash(writer->totals.hash, place.slot, place.offset);
}

uint32_t python_trace_write_made(struct python_trace_writer *writer,
                                 enum python_trace_kind kind, uint64_t size,
                                 struct python_trace_place place)
{
    if (!check_size(writer, size)) {
        return PYTHON_TRACE_NO_BLOCK;
    }
    const uint32_t number = python_trace_blocks_add(&writer->blocks, size);
    if (number == PYTHON_TRACE_NO_BLOCK) {
        (void)explain(&writer->reason, STATUS_FAILED,
                      "more than %d live blocks, or no memory for them",
                      PYTHON_TRACE_BLOCKS_MAX);
        return PYTHON_TRACE_NO_BLOCK;
    }
    if (kind == PYTHON_CALL_MALLOC) {
        put_number(writer, size << 2 | PYTHON_TRACE_MALLOC);
    } else {
        put_other(writer,
                  kind == PYTHON_CALL_CALLOC ? PYTHON_TRACE_CALLOC
                                             : PYTHON_TRACE_REALLOC_NULL,
                  size);
    }
    writer->last_block = number;
    writer->totals.blocks = writer->blocks.count;
    hash_place(writer, place);
    end_call(writer);
    return number;
}

void python_trace_write_resized(struct python_trace_writer *writer,
                                uint32_t number, uint64_t size,
                                struct python_trace_place place)
{
    if (!check_size(writer, size)) {
        return;
    }
    put_number(writer, zigzag(writer, number) << 2 | PYTHON_TRACE_REALLOC);
    put_number(writer, size);
    hash_place(writer, place);
    end_call(writer);
}

void python_trace_write_freed(struct python_trace_writer *writer,
                              uint32_t number)
{
    if (!is_well(writer)) {
        return;
    }
    if (number == PYTHON_TRACE_NO_BLOCK) {
        put_other(writer, PYTHON_TRACE_FREE_NULL, 0);
    } else {
        put_number(writer, zigzag(writer, number) << 2 | PYTHON_TRACE_FREE);
        python_trace_blocks_remove(&writer->blocks, number);
    }
    end_call(writer);
}

void python_trace_write_finalizing(struct python_trace_writer *writer)
{
    put_other(writer, PYTHON_TRACE_FINALIZING, 0);
}

void python_trace_write_failed(struct python_trace_writer *writer)
{
    writer->totals.failed_calls++;
}

const struct python_trace_totals *
python_trace_written(const struct python_trace_writer *writer)
{
    return &writer->totals;
}

/* ---- beginning and end ----------------------------------------------------
 */

static void put_header(struct python_trace_writer *writer,
                       const struct python_trace_header *header)
{
    const size_t length = strlen(header->version);
    put_bytes(writer, PYTHON_TRACE_MAGIC, sizeof PYTHON_TRACE_MAGIC - 1);
    put_number(writer, header->arena_bytes);
    put_number(writer, header->pool_bytes);
    put_number(writer, header->misalignment);
    put_number(writer, length);
    put_bytes(writer, header->version, length);
}

/* The rest of the frame, then the frame that holds the file's hash. */
static void put_end(struct python_trace_writer *writer)
{
    const struct python_trace_totals *totals = &writer->totals;
    unsigned char trailer[PYTHON_TRACE_TRAILER_BYTES];
    put_other(writer, PYTHON_TRACE_END, 0);
    put_hash(writer);
    put_number(writer, totals->calls);
    put_number(writer, totals->blocks);
    put_number(writer, totals->arenas_taken);
    put_number(writer, totals->arenas_given);
    put_number(writer, totals->failed_calls);
    compress(writer, ZSTD_e_end);
    python_trace_put_le(trailer, PYTHON_TRACE_TRAILER_MAGIC, 4);
    python_trace_put_le(trailer + 4, PYTHON_TRACE_TRAILER_HASH_BYTES, 4);
    write_file(writer, trailer, PYTHON_TRACE_TRAILER_HEAD_BYTES);
    python_trace_put_le(trailer, writer->file_hash,
                        PYTHON_TRACE_TRAILER_HASH_BYTES);
    write_file(writer, trailer, PYTHON_TRACE_TRAILER_HASH_BYTES);
}

static bool open_stream(struct python_trace_writer *writer, int level)
{
    static const ZSTD_cParameter keys[] = {
        ZSTD_c_compressionLevel, ZSTD_c_windowLog, ZSTD_c_checksumFlag};
    const int values[] = {level, PYTHON_TRACE_WINDOW_LOG, 1};
    writer->stream = ZSTD_createCStream();
    for (size_t i = 0; writer->stream && i < sizeof keys / sizeof *keys; i++) {
        if (ZSTD_isError(
                ZSTD_CCtx_setParameter(writer->stream, keys[i], values[i]))) {
            return false;
        }
    }
    return writer->stream != NULL;
}

/* An absolute path and PATH.part: the program that is recorded may go to
 * another folder before the file gets its name. */
static bool set_paths(struct python_trace_writer *writer, const char *path)
{
    char folder[PATH_MAX] = "";
    if (*path != '/' && !getcwd(folder, sizeof folder)) {
        return false;
    }
    const int length =
        snprintf(writer->part_path, sizeof writer->part_path, "%s%s%s.part",
                 folder, *path != '/' ? "/" : "", path);
    if (length < 0 || (size_t)length >= sizeof writer->part_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    (void)snprintf(writer->path, sizeof writer->path, "%.*s",
                   length - (int)(sizeof ".part" - 1), writer->part_path);
    return true;
}

/* Opens PATH.part: the name itself appears with the whole trace. */
static enum status open_file(struct python_trace_writer *writer,
                             const char *path, struct reason *reason)
{
    if (set_paths(writer, path)) {
        writer->fd = open(writer->part_path,
                          O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    }
    return writer->fd >= 0
               ? STATUS_OK
               : explain(reason, STATUS_FAILED, "making the trace %.200s: %s",
                         path, strerror(errno));
}

/* Frees the writer; a file under its temporary name goes too. */
static void close_writer(struct python_trace_writer *writer)
{
    if (writer->fd >= 0) {
        (void)close(writer->fd);
        (void)unlink(writer->part_path);
    }
    (void)ZSTD_freeCStream(writer->stream);
    python_trace_blocks_free(&writer->blocks);
    free(writer);
}

struct python_trace_writer *
python_trace_create(const char *path, const struct python_trace_header *header,
                    int level, struct reason *reason)
{
    struct python_trace_writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        (void)explain(reason, STATUS_FAILED, "no memory to write a trace");
        return NULL;
    }
    writer->fd = -1;
    writer->file_hash = PYTHON_TRACE_FNV_BASIS;
    python_trace_blocks_init(&writer->blocks);
    if (!open_stream(writer, level)) {
        (void)explain(reason, STATUS_FAILED, "zstd has no level %d", level);
        close_writer(writer);
        return NULL;
    }
    if (open_file(writer, path, reason) != STATUS_OK) {
        close_writer(writer);
        return NULL;
    }
    put_header(writer, header);
    return writer;
}

enum status python_trace_finish(struct python_trace_writer *writer,
                                struct reason *reason)
{
    put_end(writer);
    if (is_well(writer) && fsync(writer->fd) != 0 && errno != EINVAL) {
        (void)explain(&writer->reason, STATUS_FAILED, "writing %.200s: %s",
                      writer->part_path, strerror(errno));
    }
    if (is_well(writer) && rename(writer->part_path, writer->path) != 0) {
        (void)explain(&writer->reason, STATUS_FAILED, "making %.200s: %s",
                      writer->path, strerror(errno));
    }
    const enum status status = is_well(writer) ? STATUS_OK : STATUS_FAILED;
    if (status == STATUS_OK) {
        (void)close(writer->fd);
        writer->fd = -1;
    } else {
        *reason = writer->reason;
    }
    close_writer(writer);
    return status;
}

void python_trace_abandon(struct python_trace_writer *writer)
{
    if (writer) {
        close_writer(writer);
    }
}
