/* The bytes of a trace, and the stream inside the zstd frame. */
#include "support/python_trace_unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/python_trace.h"
#include "support/python_trace_file.h"

static enum status refuse_errno(const char *path, struct reason *reason)
{
    return explain(reason, STATUS_FAILED, "the trace %.200s: %s", path,
                   strerror(errno));
}

/* Reads `bytes->mapped` bytes, or fewer where the file has become shorter:
 * then its hash is wrong. */
static bool read_all(int fd, struct python_trace_bytes *bytes,
                     unsigned char *to)
{
    while (bytes->size < bytes->mapped) {
        const ssize_t got =
            read(fd, to + bytes->size, bytes->mapped - bytes->size);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got == 0;
        }
        bytes->size += (size_t)got;
    }
    return true;
}

static enum status load(struct python_trace_bytes *bytes, int fd,
                        const char *path, struct reason *reason)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return refuse_errno(path, reason);
    }
    if (!S_ISREG(status.st_mode) || status.st_size <= 0) {
        return explain(reason, STATUS_FAILED,
                       "the trace %.200s: is %s: give a file that "
                       "python_recorder wrote",
                       path,
                       S_ISREG(status.st_mode) ? "empty" : "no plain file");
    }
    const size_t size = (size_t)status.st_size;
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        return refuse_errno(path, reason);
    }
    *bytes = (struct python_trace_bytes){.start = memory, .mapped = size};
    if (!read_all(fd, bytes, memory)) {
        const enum status failed = refuse_errno(path, reason);
        python_trace_unload(bytes);
        return failed;
    }
    return STATUS_OK;
}

enum status python_trace_load(struct python_trace_bytes *bytes,
                              const char *path, struct reason *reason)
{
    /* Without waiting: the name may be a pipe's. */
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return refuse_errno(path, reason);
    }
    const enum status status = load(bytes, fd, path, reason);
    (void)close(fd);
    return status;
}

void python_trace_unload(struct python_trace_bytes *bytes)
{
    if (bytes->mapped) {
        (void)munmap((void *)bytes->start, bytes->mapped);
    }
    *bytes = (struct python_trace_bytes){0};
}

enum status python_trace_find(struct python_trace_bytes *bytes,
                              const char *name, struct reason *reason)
{
    const struct python_trace_builtin *builtin = python_trace_builtins;
    while (builtin->name && strcmp(builtin->name, name) != 0) {
        builtin++;
    }
    if (!builtin->name) {
        return explain(reason, STATUS_FAILED,
                       "no trace '%.100s' is part of the program, only '%s': "
                       "write the path of a file with a slash, as ./%.100s",
                       name, python_trace_builtins[0].name, name);
    }
    *bytes = (struct python_trace_bytes){.start = builtin->bytes,
                                         .size = *builtin->size};
    return STATUS_OK;
}

/* ---- the frame ------------------------------------------------------------
 */

static enum status check_whole(const struct python_trace_bytes *bytes,
                               struct reason *reason)
{
    const unsigned char *start = bytes->start;
    const size_t size = bytes->size;
    if (size < 4 || python_trace_get_le(start, 4) != ZSTD_MAGICNUMBER) {
        return explain(reason, STATUS_FAILED,
                       "this is no trace: it does not begin as the files of "
                       "python_recorder do");
    }
    const unsigned char *trailer = start + size - PYTHON_TRACE_TRAILER_BYTES;
    if (size < 4 + PYTHON_TRACE_TRAILER_BYTES ||
        python_trace_get_le(trailer, 4) != PYTHON_TRACE_TRAILER_MAGIC ||
        python_trace_get_le(trailer + 4, 4) !=
            PYTHON_TRACE_TRAILER_HASH_BYTES) {
        return explain(reason, STATUS_FAILED,
                       "this trace does not end as the files of "
                       "python_recorder do: it was cut short, or changed");
    }
    const size_t hashed = size - PYTHON_TRACE_TRAILER_HASH_BYTES;
    if (python_trace_fnv(PYTHON_TRACE_FNV_BASIS, start, hashed) !=
        python_trace_get_le(start + hashed, PYTHON_TRACE_TRAILER_HASH_BYTES)) {
        return explain(reason, STATUS_FAILED,
                       "this trace was changed since it was written: the "
                       "hash of its bytes is another");
    }
    return STATUS_OK;
}

enum status python_trace_unpack_open(struct python_trace_unpack *unpack,
                                     const struct python_trace_bytes *bytes,
                                     struct reason *reason)
{
    if (check_whole(bytes, reason) != STATUS_OK) {
        return STATUS_FAILED;
    }
    unpack->workspace_bytes =
        ZSTD_estimateDStreamSize((size_t)1 << PYTHON_TRACE_WINDOW_LOG);
    unpack->workspace =
        mmap(NULL, unpack->workspace_bytes, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (unpack->workspace == MAP_FAILED) {
        unpack->workspace = NULL;
        return explain(reason, STATUS_FAILED, "reading the trace: %s",
                       strerror(errno));
    }
    unpack->stream =
        ZSTD_initStaticDStream(unpack->workspace, unpack->workspace_bytes);
    unpack->in = (ZSTD_inBuffer){
        .src = bytes->start, .size = bytes->size - PYTHON_TRACE_TRAILER_BYTES};
    if (!unpack->stream) {
        return explain(reason, STATUS_FAILED,
                       "this zstd cannot work in memory of ours");
    }
    return STATUS_OK;
}

void python_trace_unpack_close(struct python_trace_unpack *unpack)
{
    if (unpack->workspace) {
        (void)munmap(unpack->workspace, unpack->workspace_bytes);
    }
}

bool python_trace_unpack_more(struct python_trace_unpack *unpack)
{
    ZSTD_outBuffer out = {unpack->out, sizeof unpack->out, 0};
    while (out.pos == 0 && !unpack->ended) {
        const size_t taken = unpack->in.pos;
        const size_t left =
            ZSTD_decompressStream(unpack->stream, &out, &unpack->in);
        if (ZSTD_isError(left)) {
            (void)explain(unpack->reason, STATUS_FAILED,
                          "this trace cannot be unpacked: %s",
                          ZSTD_getErrorName(left));
            return false;
        }
        unpack->ended = left == 0;
        if (unpack->ended && unpack->in.pos < unpack->in.size) {
            (void)explain(unpack->reason, STATUS_FAILED,
                          "this trace goes on behind its end");
            return false;
        }
        if (!unpack->ended && out.pos == 0 && unpack->in.pos == taken) {
            (void)explain(unpack->reason, STATUS_FAILED,
                          "this trace ends within its zstd frame");
            return false;
        }
    }
    unpack->at = unpack->out;
    unpack->end = unpack->out + out.pos;
    return out.pos > 0;
}
