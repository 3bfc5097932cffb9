/* A recording as requests to any allocator, decoded before anything is timed.
 *
 * Order and sizes are the recording's. What allocators treat in ways of their
 * own is made equal: a request of 0 bytes asks for 1, as Python itself has it;
 * realloc of NULL is an allocation; free of NULL is left out.
 *
 * They end where the interpreter begins to take itself down: what is live then
 * is what the program holds for good, as a process does that lives on. They
 * come in two parts, the first of which ends where live bytes are at their
 * peak. Blocks that are made in the first and held at the end have numbers of
 * their own behind all others.
 */
#ifndef GIVEBACK_SUPPORT_PYTHON_TRACE_REQUESTS_H
#define GIVEBACK_SUPPORT_PYTHON_TRACE_REQUESTS_H

#include <stddef.h>
#include <stdint.h>

#include "status.h"

enum python_request_kind {
    PYTHON_REQUEST_ALLOC,
    PYTHON_REQUEST_ALLOC_ZEROED,
    PYTHON_REQUEST_RESIZE,
    PYTHON_REQUEST_RELEASE,
};

/* In eight bytes: millions of them are read beside the blocks. */
struct python_request {
    uint32_t kind : 2; /* enum python_request_kind */
    uint32_t block : 30;
    uint32_t size; /* bytes; 0 for a release */
};

struct python_requests {
    struct python_request *items;
    size_t count;
    size_t fill_count;    /* up to the peak of live bytes */
    uint32_t block_count; /* blocks 0 ... are given up, or made after it */
    uint32_t kept_count;  /* block_count ... are made before it and held */
    uint64_t peak_bytes;
};

/* Memory for the items: `bytes` of it, zeroed, the caller's own; or NULL, the
 * caller's reason written. */
typedef void *python_requests_memory(void *context, size_t bytes);

/* Reads a whole trace, named as for python_trace_open, into `requests`. Asks
 * libc's malloc for nothing. STATUS_FAILED with the reason (the memory's own
 * where it gave none): it is refused, has no calls, or a block of 4 GiB. */
enum status python_requests_load(struct python_requests *requests,
                                 const char *file,
                                 python_requests_memory *memory, void *context,
                                 struct reason *reason);

/* Leaves out every request for a block of the first part that is held: what a
 * second pass asks for while they are still live. */
void python_requests_leave_out_kept(struct python_requests *requests);

#endif
