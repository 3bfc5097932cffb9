/* Recordings of Python programs: workloads/support/python_trace*.c.
 *
 * The first byte says what follows: 'F': a whole file; any other: what stands
 * inside its zstd frame, which is then packed, so that the reader gets behind
 * the hash of the file. Every call that is told fits the calls before it; what
 * can be replayed releases nothing that is not live.
 */
#include "fuzz.h"

#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "require_reason.h"
#include "support/python_trace.h"
#include "support/python_trace_file.h"
#include "support/python_trace_requests.h"

/* No input is as long, and each of its bytes makes one block at most. */
enum { BLOCKS_MAX = 1 << 16 };

static int file_fd = -1;
static char path[64];
static uint64_t sizes[BLOCKS_MAX]; /* of live blocks, plus one; 0: not live */

static void write_file(const uint8_t *bytes, size_t size)
{
    if (file_fd < 0) {
        file_fd = memfd_create("giveback-fuzz", MFD_CLOEXEC);
        require(file_fd >= 0);
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", file_fd);
    }
    require(ftruncate(file_fd, 0) == 0);
    require(pwrite(file_fd, bytes, size, 0) == (ssize_t)size);
}

/* A frame of one block that is not compressed (RFC 8878, 3.1.1): magic, what
 * follows (a single segment; 4 bytes of content size), that size, the block's
 * header (the last, raw). What zstd itself makes of bytes is not our reader's
 * to explore. */
static void pack(const uint8_t *bytes, size_t size)
{
    enum { HEAD_BYTES = 12 };
    const size_t packed = HEAD_BYTES + size;
    uint8_t *file = fuzz_allocate(packed + PYTHON_TRACE_TRAILER_BYTES);
    uint8_t *trailer = file + packed;
    python_trace_put_le(file, ZSTD_MAGICNUMBER, 4);
    file[4] = 0xa0;
    python_trace_put_le(file + 5, size, 4);
    python_trace_put_le(file + 9, size << 3 | 1, 3);
    memcpy(file + HEAD_BYTES, bytes, size);
    python_trace_put_le(trailer, PYTHON_TRACE_TRAILER_MAGIC, 4);
    python_trace_put_le(trailer + 4, PYTHON_TRACE_TRAILER_HASH_BYTES, 4);
    python_trace_put_le(
        trailer + 8,
        python_trace_fnv(PYTHON_TRACE_FNV_BASIS, file, packed + 8),
        PYTHON_TRACE_TRAILER_HASH_BYTES);
    write_file(file, packed + PYTHON_TRACE_TRAILER_BYTES);
    free(file);
}

static void check_header(const struct python_trace_header *header)
{
    require(header->misalignment < header->pool_bytes);
    require(header->pool_bytes < header->arena_bytes);
    require(strnlen(header->version, sizeof header->version) > 0);
    require(strnlen(header->version, sizeof header->version) <
            sizeof header->version);
}

static void check_call(const struct python_trace_call *call)
{
    require(call->event_count <= PYTHON_TRACE_EVENTS_MAX);
    require(call->size <= PYTHON_TRACE_SIZE_MAX);
    if (call->kind == PYTHON_CALL_FREE_NULL) {
        require(call->block == PYTHON_TRACE_NO_BLOCK);
        return;
    }
    require(call->block < BLOCKS_MAX);
    uint64_t *size = &sizes[call->block];
    const bool was_live =
        call->kind == PYTHON_CALL_FREE || call->kind == PYTHON_CALL_REALLOC;
    require((*size != 0) == was_live);
    require(!was_live || *size == call->old_size + 1);
    *size = call->kind == PYTHON_CALL_FREE ? 0 : call->size + 1;
}

/* Whether the trace was read to its end. */
static bool check_calls(void)
{
    struct python_trace *trace = NULL;
    struct python_trace_call call;
    struct reason reason = {""};
    const enum status status = python_trace_open(&trace, path, &reason);
    require_reason(status, &reason);
    require((status == STATUS_OK) == (trace != NULL));
    if (status != STATUS_OK) {
        return false;
    }
    check_header(python_trace_header(trace));
    enum python_trace_step step;
    while ((step = python_trace_next(trace, &call, &reason)) ==
           PYTHON_TRACE_AT_CALL) {
        check_call(&call);
    }
    const struct python_trace_totals *totals = python_trace_totals(trace);
    require(totals->arenas_given <= totals->arenas_taken);
    memset(sizes, 0, totals->blocks * sizeof *sizes);
    require_reason(step == PYTHON_TRACE_AT_END ? STATUS_OK : STATUS_FAILED,
                   &reason);
    python_trace_close(trace);
    return step == PYTHON_TRACE_AT_END;
}

static void *memory(void *context, size_t bytes)
{
    (void)context;
    return fuzz_allocate(bytes);
}

/* Of a trace that was read to its end. */
static void check_requests(void)
{
    static bool live[2 * BLOCKS_MAX];
    struct python_requests requests = {0};
    struct reason reason = {""};
    const enum status status =
        python_requests_load(&requests, path, memory, NULL, &reason);
    require_reason(status, &reason);
    if (status == STATUS_OK) {
        const uint32_t blocks = requests.block_count + requests.kept_count;
        require(requests.fill_count <= requests.count);
        for (size_t i = 0; i < requests.count; i++) {
            const struct python_request request = requests.items[i];
            const bool makes = request.kind == PYTHON_REQUEST_ALLOC ||
                               request.kind == PYTHON_REQUEST_ALLOC_ZEROED;
            require(request.block < blocks);
            require(live[request.block] == !makes);
            live[request.block] = request.kind != PYTHON_REQUEST_RELEASE;
            require((request.size == 0) ==
                    (request.kind == PYTHON_REQUEST_RELEASE));
        }
        for (uint32_t i = requests.block_count; i < blocks; i++) {
            require(live[i]); /* what is kept */
        }
        memset(live, 0, blocks * sizeof *live);
    }
    free(requests.items);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    if (size == 0 || size > BLOCKS_MAX) {
        return 0;
    }
    if (bytes[0] == 'F') {
        write_file(bytes + 1, size - 1);
    } else {
        pack(bytes + 1, size - 1);
    }
    if (check_calls()) {
        check_requests();
    }
    return 0;
}
