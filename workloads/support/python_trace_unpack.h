/* The bytes of a trace: where they come from, whether they are whole, and the
 * stream inside the zstd frame.
 */
#ifndef GIVEBACK_SUPPORT_PYTHON_TRACE_UNPACK_H
#define GIVEBACK_SUPPORT_PYTHON_TRACE_UNPACK_H

/* The decoder lives in memory of ours, by zstd's functions for that; they
 * are for programs that link zstd's archive, as this one does. */
#define ZSTD_STATIC_LINKING_ONLY
#include <stdbool.h>
#include <zstd.h>

#include "status.h"

/* The bytes of a file; `mapped` ones are given back at the end. */
struct python_trace_bytes {
    const unsigned char *start;
    size_t size, mapped; /* bytes; 0 mapped: the memory is another's */
};

/* Reads a whole file into memory of its own. */
enum status python_trace_load(struct python_trace_bytes *bytes,
                              const char *path, struct reason *reason);

void python_trace_unload(struct python_trace_bytes *bytes);

/* A trace that is part of the program. */
struct python_trace_builtin {
    const char *name;
    const unsigned char *bytes;
    const size_t *size;
};
extern const struct python_trace_builtin python_trace_builtins[];

/* The same for one that is part of the program. */
enum status python_trace_find(struct python_trace_bytes *bytes,
                              const char *name, struct reason *reason);

/* The stream inside the frame, a part at a time. */
struct python_trace_unpack {
    ZSTD_DStream *stream;
    ZSTD_inBuffer in;              /* the frame alone */
    const unsigned char *at, *end; /* of `out`: what was not taken yet */
    bool ended;                    /* the frame is whole and has no more */
    struct reason *reason;         /* the caller's, during a call */
    unsigned char out[65536];
    void *workspace; /* of zstd */
    size_t workspace_bytes;
};

/* Checks the hash of the whole file, before any of it is believed. */
enum status python_trace_unpack_open(struct python_trace_unpack *unpack,
                                     const struct python_trace_bytes *bytes,
                                     struct reason *reason);

void python_trace_unpack_close(struct python_trace_unpack *unpack);

/* Fills `out` anew: true, and at < end; or false: at the end of the stream
 * (`ended`), or refused with the reason. */
bool python_trace_unpack_more(struct python_trace_unpack *unpack);

#endif
