/* Reads a trace: from bytes to calls, every one of them checked. */
#include "support/python_trace.h"

#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

#include "support/python_trace_blocks.h"
#include "support/python_trace_file.h"
#include "support/python_trace_unpack.h"

enum { SLOT_WORD_BITS = 64, HASH_BYTES = 8 };

struct python_trace {
    struct python_trace_header header;
    struct python_trace_totals totals;
    struct python_trace_bytes bytes;
    struct python_trace_blocks blocks;
    uint32_t last_block;
    bool at_end, is_finalizing;
    uint64_t taken[PYTHON_TRACE_SLOTS_MAX / SLOT_WORD_BITS]; /* a bit each */
    struct python_trace_unpack unpack;
};

/* Why reading cannot go on; false, so that a caller can return it. */
__attribute__((format(printf, 2, 3))) static bool
refuse(struct python_trace *trace, const char *format, ...)
{
    char text[200];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    (void)explain(trace->unpack.reason, STATUS_FAILED,
                  "this trace has no sense behind call %" PRIu64 ": %s",
                  trace->totals.calls, text);
    return false;
}

/* ---- numbers --------------------------------------------------------------
 */

static bool read_byte(struct python_trace *trace, unsigned char *byte)
{
    struct python_trace_unpack *unpack = &trace->unpack;
    if (unpack->at == unpack->end && !python_trace_unpack_more(unpack)) {
        return unpack->ended && unpack->reason->text[0] == '\0'
                   ? refuse(trace, "it stops without an end")
                   : false;
    }
    *byte = *unpack->at++;
    return true;
}

static bool read_bytes(struct python_trace *trace, void *to, size_t size)
{
    unsigned char *bytes = to;
    for (size_t i = 0; i < size; i++) {
        if (!read_byte(trace, &bytes[i])) {
            return false;
        }
    }
    return true;
}

static bool read_number(struct python_trace *trace, uint64_t *number)
{
    unsigned char byte = 0;
    unsigned shift = 0;
    *number = 0;
    do {
        if (!read_byte(trace, &byte)) {
            return false;
        }
        const uint64_t bits = byte & 0x7f;
        if (shift > 63 || (shift == 63 && bits > 1)) {
            return refuse(trace, "a number has more than 64 bits");
        }
        *number |= bits << shift;
        shift += 7;
    } while (byte & 0x80);
    return (byte != 0 || shift == 7) ||
           refuse(trace, "a number is longer than it has to be");
}

static bool read_hash(struct python_trace *trace, uint64_t *hash)
{
    unsigned char bytes[HASH_BYTES];
    if (!read_bytes(trace, bytes, sizeof bytes)) {
        return false;
    }
    *hash = python_trace_get_le(bytes, sizeof bytes);
    return true;
}

/* ---- the header -----------------------------------------------------------
 */

static bool is_power_of_two(uint64_t number)
{
    return number != 0 && (number & (number - 1)) == 0;
}

static bool read_version(struct python_trace *trace)
{
    uint64_t length;
    char *version = trace->header.version;
    if (!read_number(trace, &length)) {
        return false;
    }
    if (length == 0 || length > PYTHON_TRACE_VERSION_MAX) {
        return refuse(trace, "a version of %" PRIu64 " characters", length);
    }
    if (!read_bytes(trace, version, length)) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (version[i] <= ' ' || version[i] > '~') {
            return refuse(trace, "the version cannot be printed");
        }
    }
    return true;
}

static bool read_header(struct python_trace *trace)
{
    struct python_trace_header *header = &trace->header;
    char magic[sizeof PYTHON_TRACE_MAGIC - 1];
    if (!read_bytes(trace, magic, sizeof magic)) {
        return false;
    }
    if (memcmp(magic, PYTHON_TRACE_MAGIC, sizeof magic) != 0) {
        return refuse(trace, "it begins as no trace of version 1 does");
    }
    if (!read_number(trace, &header->arena_bytes) ||
        !read_number(trace, &header->pool_bytes) ||
        !read_number(trace, &header->misalignment)) {
        return false;
    }
    if (!is_power_of_two(header->arena_bytes) ||
        !is_power_of_two(header->pool_bytes) ||
        header->arena_bytes > UINT32_MAX ||
        header->pool_bytes >= header->arena_bytes ||
        header->misalignment >= header->pool_bytes ||
        header->misalignment % 16 != 0) {
        return refuse(trace,
                      "arenas of %" PRIu64 " bytes, pools of %" PRIu64
                      ", misaligned by %" PRIu64,
                      header->arena_bytes, header->pool_bytes,
                      header->misalignment);
    }
    return read_version(trace);
}

/* ---- records --------------------------------------------------------------
 */

static bool check_size(struct python_trace *trace, uint64_t size)
{
    return size <= PYTHON_TRACE_SIZE_MAX ||
           refuse(trace, "a request of %" PRIu64 " bytes", size);
}

static bool read_made(struct python_trace *trace,
                      struct python_trace_call *call,
                      enum python_trace_kind kind, uint64_t size)
{
    if (!check_size(trace, size)) {
        return false;
    }
    call->kind = kind;
    call->size = size;
    call->block = python_trace_blocks_add(&trace->blocks, size);
    trace->totals.blocks = trace->blocks.count;
    trace->last_block = call->block;
    return call->block != PYTHON_TRACE_NO_BLOCK ||
           refuse(trace, "more than %d live blocks, or no memory for them",
                  PYTHON_TRACE_BLOCKS_MAX);
}

/* The block that a free or a realloc names. */
static struct python_trace_block *find_block(struct python_trace *trace,
                                             struct python_trace_call *call,
                                             uint64_t zigzag)
{
    if (zigzag > UINT32_MAX) {
        (void)refuse(trace, "no block has such a number");
        return NULL;
    }
    const int64_t distance = (int64_t)(zigzag >> 1) ^ -(int64_t)(zigzag & 1);
    const int64_t number = trace->last_block + distance;
    struct python_trace_block *block =
        python_trace_blocks_find(&trace->blocks, number);
    if (!block) {
        (void)refuse(trace, "block %" PRId64 " is not live", number);
        return NULL;
    }
    call->block = trace->last_block = (uint32_t)number;
    call->old_size = block->size;
    return block;
}

static bool read_free(struct python_trace *trace,
                      struct python_trace_call *call, uint64_t zigzag)
{
    if (!find_block(trace, call, zigzag)) {
        return false;
    }
    call->kind = PYTHON_CALL_FREE;
    python_trace_blocks_remove(&trace->blocks, call->block);
    return true;
}

static bool read_realloc(struct python_trace *trace,
                         struct python_trace_call *call, uint64_t zigzag)
{
    struct python_trace_block *block = find_block(trace, call, zigzag);
    if (!block || !read_number(trace, &call->size) ||
        !check_size(trace, call->size)) {
        return false;
    }
    call->kind = PYTHON_CALL_REALLOC;
    block->size = call->size;
    return true;
}

static bool read_event(struct python_trace *trace,
                       struct python_trace_call *call, bool given,
                       uint64_t slot)
{
    if (slot >= PYTHON_TRACE_SLOTS_MAX ||
        call->event_count == PYTHON_TRACE_EVENTS_MAX) {
        return refuse(trace, "slot %" PRIu64 ", arena %u of a call", slot,
                      call->event_count + 1);
    }
    uint64_t *word = &trace->taken[slot / SLOT_WORD_BITS];
    const uint64_t bit = UINT64_C(1) << slot % SLOT_WORD_BITS;
    if (((*word & bit) != 0) != given) {
        return refuse(trace, "slot %" PRIu64 " is %s", slot,
                      given ? "given back, but free" : "taken twice");
    }
    *word ^= bit;
    *(given ? &trace->totals.arenas_given : &trace->totals.arenas_taken) += 1;
    call->events[call->event_count++] =
        (struct python_trace_event){given, (uint32_t)slot};
    return true;
}

/* The record that stands behind every so many calls. */
static bool read_checkpoint(struct python_trace *trace,
                            struct python_trace_call *call)
{
    uint64_t number;
    if (trace->totals.calls % PYTHON_TRACE_CHECKPOINT_CALLS != 0) {
        return true;
    }
    if (!read_number(trace, &number)) {
        return false;
    }
    if (number != (PYTHON_TRACE_CHECKPOINT << 2 | PYTHON_TRACE_OTHER)) {
        return refuse(trace, "a checkpoint is missing");
    }
    call->is_checkpoint = true;
    return read_hash(trace, &call->hash);
}

/* The sums that the writer made, against our own; then the stream's end. */
static bool read_end(struct python_trace *trace)
{
    struct python_trace_totals *totals = &trace->totals;
    const uint64_t ours[] = {totals->calls, totals->blocks,
                             totals->arenas_taken, totals->arenas_given};
    if (!read_hash(trace, &totals->hash)) {
        return false;
    }
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        uint64_t theirs;
        if (!read_number(trace, &theirs)) {
            return false;
        }
        if (theirs != ours[i]) {
            return refuse(trace,
                          "its end says %" PRIu64 " where we count %" PRIu64,
                          theirs, ours[i]);
        }
    }
    if (!read_number(trace, &totals->failed_calls)) {
        return false;
    }
    struct python_trace_unpack *unpack = &trace->unpack;
    if (unpack->at != unpack->end || python_trace_unpack_more(unpack)) {
        return refuse(trace, "it goes on behind its end");
    }
    trace->at_end = true;
    return unpack->ended && unpack->reason->text[0] == '\0';
}

static bool read_finalizing(struct python_trace *trace)
{
    if (trace->is_finalizing) {
        return refuse(trace, "the interpreter takes itself down twice");
    }
    trace->is_finalizing = true;
    return true;
}

/* The kinds of record that are rare. */
static bool read_other(struct python_trace *trace,
                       struct python_trace_call *call, uint64_t what,
                       uint64_t value)
{
    if (call->event_count > 0 && what >= PYTHON_TRACE_CHECKPOINT) {
        return refuse(trace, "an arena came or went within no call");
    }
    if (value != 0 &&
        (what == PYTHON_TRACE_FREE_NULL || what >= PYTHON_TRACE_CHECKPOINT)) {
        return refuse(trace, "a record with a value that has no meaning");
    }
    switch (what) {
    case PYTHON_TRACE_CALLOC:
        return read_made(trace, call, PYTHON_CALL_CALLOC, value);
    case PYTHON_TRACE_REALLOC_NULL:
        return read_made(trace, call, PYTHON_CALL_REALLOC_NULL, value);
    case PYTHON_TRACE_FREE_NULL:
        call->kind = PYTHON_CALL_FREE_NULL;
        call->block = PYTHON_TRACE_NO_BLOCK;
        return true;
    case PYTHON_TRACE_TAKEN:
    case PYTHON_TRACE_GIVEN:
        return read_event(trace, call, what == PYTHON_TRACE_GIVEN, value);
    case PYTHON_TRACE_END:
        return read_end(trace);
    case PYTHON_TRACE_FINALIZING:
        return read_finalizing(trace);
    default:
        return refuse(trace, "a checkpoint out of place");
    }
}

static bool read_record(struct python_trace *trace,
                        struct python_trace_call *call, bool *is_call)
{
    uint64_t number;
    if (!read_number(trace, &number)) {
        return false;
    }
    const uint64_t value = number >> 2;
    *is_call = true;
    switch ((enum python_trace_record)(number & 3)) {
    case PYTHON_TRACE_MALLOC:
        return read_made(trace, call, PYTHON_CALL_MALLOC, value);
    case PYTHON_TRACE_FREE:
        return read_free(trace, call, value);
    case PYTHON_TRACE_REALLOC:
        return read_realloc(trace, call, value);
    case PYTHON_TRACE_OTHER:
        break;
    }
    const uint64_t what = value & 7;
    *is_call = what <= PYTHON_TRACE_FREE_NULL;
    return read_other(trace, call, what, value >> 3);
}

enum python_trace_step python_trace_next(struct python_trace *trace,
                                         struct python_trace_call *call,
                                         struct reason *reason)
{
    bool is_call = false;
    *call = (struct python_trace_call){0};
    reason->text[0] = '\0';
    trace->unpack.reason = reason;
    while (!is_call && !trace->at_end) {
        if (!read_record(trace, call, &is_call)) {
            return PYTHON_TRACE_IS_REFUSED;
        }
    }
    if (trace->at_end) {
        return PYTHON_TRACE_AT_END;
    }
    trace->totals.calls++;
    call->is_finalizing = trace->is_finalizing;
    return read_checkpoint(trace, call) ? PYTHON_TRACE_AT_CALL
                                        : PYTHON_TRACE_IS_REFUSED;
}

/* ---- opening and closing --------------------------------------------------
 */

/* Takes the bytes over, whether or not it succeeds. */
static enum status open_bytes(struct python_trace **opened,
                              struct python_trace_bytes *bytes,
                              struct reason *reason)
{
    struct python_trace *trace =
        mmap(NULL, sizeof *trace, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (trace == MAP_FAILED) {
        python_trace_unload(bytes);
        return explain(reason, STATUS_FAILED, "no memory to read a trace");
    }
    trace->bytes = *bytes;
    python_trace_blocks_init(&trace->blocks);
    reason->text[0] = '\0';
    trace->unpack.reason = reason;
    if (python_trace_unpack_open(&trace->unpack, bytes, reason) != STATUS_OK ||
        !read_header(trace)) {
        python_trace_close(trace);
        return STATUS_FAILED;
    }
    *opened = trace;
    return STATUS_OK;
}

enum status python_trace_open(struct python_trace **trace, const char *file,
                              struct reason *reason)
{
    struct python_trace_bytes bytes = {0};
    *trace = NULL;
    const enum status status = strchr(file, '/')
                                   ? python_trace_load(&bytes, file, reason)
                                   : python_trace_find(&bytes, file, reason);
    return status == STATUS_OK ? open_bytes(trace, &bytes, reason) : status;
}

enum status python_trace_open_bytes(struct python_trace **trace,
                                    const void *bytes, size_t size,
                                    struct reason *reason)
{
    struct python_trace_bytes borrowed = {.start = bytes, .size = size};
    *trace = NULL;
    return open_bytes(trace, &borrowed, reason);
}

const struct python_trace_header *
python_trace_header(const struct python_trace *trace)
{
    return &trace->header;
}

const struct python_trace_totals *
python_trace_totals(const struct python_trace *trace)
{
    return &trace->totals;
}

void python_trace_close(struct python_trace *trace)
{
    if (!trace) {
        return;
    }
    python_trace_unpack_close(&trace->unpack);
    python_trace_blocks_free(&trace->blocks);
    python_trace_unload(&trace->bytes);
    (void)munmap(trace, sizeof *trace);
}
