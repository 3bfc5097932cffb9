/* Recordings of real Python programs: the trace format, and its reader.
 *
 * A trace holds every call that an interpreter made to its object allocator
 * (the MEM and OBJ domains), which arenas came and went at which call, and
 * proof of where each block was. It holds sizes and order alone: no contents,
 * no addresses, no names, no command. python_recorder writes it
 * (support/python_trace_writer.h), docs/traces.md tells users about it.
 *
 * The file: one zstd frame, then a skippable zstd frame whose 8 bytes are the
 * FNV-1a hash (64 bits, little-endian) of every byte before them. So `zstd -d`
 * reads it, and each truncated or changed file is refused before any of it is
 * believed. Window: at most 2^PYTHON_TRACE_WINDOW_LOG bytes.
 *
 * Inside the frame, numbers being LEB128 in their shortest form:
 *
 *   "giveback python trace 1\n"
 *   arena bytes, pool bytes, misalignment  of an arena's base, mod pool bytes
 *   length, text                           the interpreter's version, "3.11.2"
 *   records, each beginning with a number n:
 *     n mod 4, v = n / 4
 *     0  malloc of v bytes
 *     1  free of block b = last block + unzigzag(v)
 *     2  realloc of block b = last block + unzigzag(v); bytes
 *     3  w = v mod 8, u = v / 8
 *        0  calloc of u bytes (count * size)
 *        1  realloc of NULL to u bytes
 *        2  free of NULL; u = 0
 *        3  an arena was taken, at slot u      } within the call that
 *        4  the arena at slot u was given back } the next call record tells
 *        5  checkpoint; u = 0; 8 bytes: the hash so far, little-endian
 *        6  end; u = 0; 8 bytes: the hash; calls, blocks at most live at one
 *           time, arenas taken, arenas given back, calls that got no memory
 *        7  from here on the interpreter takes itself down; u = 0; at most
 *           once, and not at all where the program ended without that
 *
 * unzigzag: 0, -1, 1, -2, 2 ... Blocks have small numbers that are used again:
 * a new block takes the number given up last, or else the lowest never used.
 * "Last block" is the one that the call before had to do with, at first 0;
 * realloc keeps a block's number. A checkpoint stands behind every
 * PYTHON_TRACE_CHECKPOINT_CALLS-th call. Calls that got no memory are counted
 * and not told: they change nothing.
 *
 * The hash is over the places of all returned blocks: whoever replays the
 * calls proves by it that every block was where the interpreter had it
 * (python_trace_hash). Arenas stand in numbered slots: each is taken from the
 * lowest free slot and begins `misalignment` bytes behind a multiple of the
 * pool size.
 */
#ifndef GIVEBACK_SUPPORT_PYTHON_TRACE_H
#define GIVEBACK_SUPPORT_PYTHON_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"

#define PYTHON_TRACE_MAGIC            "giveback python trace 1\n"
#define PYTHON_TRACE_CHECKPOINT_CALLS 65536
#define PYTHON_TRACE_WINDOW_LOG       22

/* What is larger is refused, when written and when read. */
#define PYTHON_TRACE_VERSION_MAX 63        /* characters */
#define PYTHON_TRACE_SLOTS_MAX   65536     /* arenas at one time */
#define PYTHON_TRACE_BLOCKS_MAX  (1 << 26) /* live at one time */
#define PYTHON_TRACE_EVENTS_MAX  2         /* arenas in one call */
#define PYTHON_TRACE_SIZE_MAX    (UINT64_C(1) << 47)

#define PYTHON_TRACE_NO_SLOT  UINT32_MAX
#define PYTHON_TRACE_NO_BLOCK UINT32_MAX

/* What a record's number tells: its lowest two bits, then three more. */
enum python_trace_record {
    PYTHON_TRACE_MALLOC,
    PYTHON_TRACE_FREE,
    PYTHON_TRACE_REALLOC,
    PYTHON_TRACE_OTHER,
};
enum python_trace_other {
    PYTHON_TRACE_CALLOC,
    PYTHON_TRACE_REALLOC_NULL,
    PYTHON_TRACE_FREE_NULL,
    PYTHON_TRACE_TAKEN,
    PYTHON_TRACE_GIVEN,
    PYTHON_TRACE_CHECKPOINT,
    PYTHON_TRACE_END,
    PYTHON_TRACE_FINALIZING,
};

/* Where the recorded interpreter had its blocks. */
struct python_trace_header {
    uint64_t arena_bytes, pool_bytes, misalignment;
    char version[PYTHON_TRACE_VERSION_MAX + 1]; /* printable, not empty */
};

/* Sums over a whole trace. */
struct python_trace_totals {
    uint64_t calls;
    uint64_t blocks; /* numbers used: the most blocks live at one time */
    uint64_t arenas_taken, arenas_given;
    uint64_t failed_calls; /* got no memory; not among `calls` */
    uint64_t hash;
};

enum python_trace_kind {
    PYTHON_CALL_MALLOC,
    PYTHON_CALL_CALLOC,
    PYTHON_CALL_REALLOC_NULL,
    PYTHON_CALL_REALLOC,
    PYTHON_CALL_FREE,
    PYTHON_CALL_FREE_NULL,
};

/* An arena that came or went. */
struct python_trace_event {
    bool given;
    uint32_t slot;
};

struct python_trace_call {
    enum python_trace_kind kind;
    uint32_t block;    /* NO_BLOCK for FREE_NULL */
    uint64_t size;     /* asked for; 0 for both frees */
    uint64_t old_size; /* REALLOC and FREE: what was asked for last */
    struct python_trace_event events[PYTHON_TRACE_EVENTS_MAX];
    uint32_t event_count;
    bool is_finalizing; /* the interpreter takes itself down */
    bool is_checkpoint; /* `hash` is the hash up to and with this call */
    uint64_t hash;
};

/* The hash with one returned block more, which was `offset` bytes behind the
 * beginning of the arena at `slot`, or in none (NO_SLOT). It starts with 0.
 * Each step is a bijection of the old hash: two sequences that differ in one
 * place differ for good. The factor is 2^64 divided by the golden ratio. */
static inline uint64_t python_trace_hash(uint64_t hash, uint32_t slot,
                                         uint64_t offset)
{
    const uint64_t place = slot == PYTHON_TRACE_NO_SLOT
                               ? UINT64_MAX
                               : (uint64_t)slot << 32 | offset;
    hash = (hash ^ place) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

struct python_trace; /* a trace that is being read */

/* Opens a trace and reads its header. `file` is a path when it holds a slash,
 * else the name of a trace that is part of the program. A reader asks libc's
 * malloc for nothing, so that it leaves no mark in a process whose malloc is
 * measured; the caller ends it with python_trace_close. STATUS_FAILED with the
 * reason, and *trace NULL, where it is no trace, or was cut or changed. */
enum status python_trace_open(struct python_trace **trace, const char *file,
                              struct reason *reason);

/* The same for bytes in memory, which must stay until python_trace_close. */
enum status python_trace_open_bytes(struct python_trace **trace,
                                    const void *bytes, size_t size,
                                    struct reason *reason);

const struct python_trace_header *
python_trace_header(const struct python_trace *trace);

enum python_trace_step {
    PYTHON_TRACE_AT_CALL,    /* *call is the next one */
    PYTHON_TRACE_AT_END,     /* there are no more, and all was well */
    PYTHON_TRACE_IS_REFUSED, /* the reason says why */
};

/* The next call. After the end or a refusal it must not be called again. */
enum python_trace_step python_trace_next(struct python_trace *trace,
                                         struct python_trace_call *call,
                                         struct reason *reason);

/* Sums over the calls so far; after the end, over all. */
const struct python_trace_totals *
python_trace_totals(const struct python_trace *trace);

/* NULL: nothing. */
void python_trace_close(struct python_trace *trace);

#endif
