/* A recording as requests to any allocator. */
#include "support/python_trace_requests.h"

#include <string.h>
#include <sys/mman.h>

#include "support/python_trace.h"

/* Of a block, while its end is searched for from the last request backwards:
 * nothing found so far; it is given up. Else: where it was made. */
#define NOT_FOUND UINT32_MAX
#define GIVEN_UP  (UINT32_MAX - 1)

/* A position below the two above. */
#define REQUESTS_MAX ((size_t)GIVEN_UP)

static uint64_t size_of(uint64_t size)
{
    return size > 0 ? size : 1;
}

/* Whether a call is asked for again. */
static bool is_request(const struct python_trace_call *call)
{
    return !call->is_finalizing && call->kind != PYTHON_CALL_FREE_NULL;
}

/* Follows the live bytes of a trace. */
struct follower {
    size_t count, peak_count;
    uint32_t block_count;
    uint64_t live_bytes, peak_bytes;
};

static const char *follow(struct follower *follower,
                          const struct python_trace_call *call)
{
    if (!is_request(call)) {
        return NULL;
    }
    if (call->block >= follower->block_count) {
        follower->block_count = call->block + 1;
    }
    const bool was_live =
        call->kind == PYTHON_CALL_FREE || call->kind == PYTHON_CALL_REALLOC;
    follower->live_bytes -= was_live ? size_of(call->old_size) : 0;
    follower->live_bytes +=
        call->kind == PYTHON_CALL_FREE ? 0 : size_of(call->size);
    follower->count++;
    if (follower->live_bytes > follower->peak_bytes) {
        follower->peak_bytes = follower->live_bytes;
        follower->peak_count = follower->count;
    }
    return call->size > UINT32_MAX ? "a block of 4 GiB or more"
           : follower->count >= REQUESTS_MAX
               ? "more calls than a replay can hold"
               : NULL;
}

static enum status count_requests(struct python_requests *requests,
                                  const char *file, struct reason *reason)
{
    struct python_trace *trace;
    struct python_trace_call call;
    struct follower follower = {0};
    const char *problem = NULL;
    enum python_trace_step step = PYTHON_TRACE_IS_REFUSED;
    if (python_trace_open(&trace, file, reason) != STATUS_OK) {
        return STATUS_FAILED;
    }
    while (!problem && (step = python_trace_next(trace, &call, reason)) ==
                           PYTHON_TRACE_AT_CALL) {
        problem = follow(&follower, &call);
    }
    *requests = (struct python_requests){
        .count = follower.count,
        .fill_count = follower.peak_count,
        .block_count = follower.block_count,
        .peak_bytes = follower.peak_bytes,
    };
    python_trace_close(trace);
    if (!problem && step == PYTHON_TRACE_AT_END && follower.count == 0) {
        problem = "no calls";
    }
    if (problem) {
        return explain(reason, STATUS_FAILED, "the trace %.200s has %s", file,
                       problem);
    }
    return step == PYTHON_TRACE_AT_END ? STATUS_OK : STATUS_FAILED;
}

static struct python_request request_of(const struct python_trace_call *call)
{
    static const enum python_request_kind kinds[] = {
        [PYTHON_CALL_MALLOC] = PYTHON_REQUEST_ALLOC,
        [PYTHON_CALL_REALLOC_NULL] = PYTHON_REQUEST_ALLOC,
        [PYTHON_CALL_CALLOC] = PYTHON_REQUEST_ALLOC_ZEROED,
        [PYTHON_CALL_REALLOC] = PYTHON_REQUEST_RESIZE,
        [PYTHON_CALL_FREE] = PYTHON_REQUEST_RELEASE,
    };
    return (struct python_request){
        .kind = kinds[call->kind] & 3U,
        .block = call->block & (UINT32_MAX >> 2),
        .size =
            call->kind == PYTHON_CALL_FREE ? 0 : (uint32_t)size_of(call->size),
    };
}

/* The second time through; another file than the first time is refused. */
static enum status read_requests(struct python_requests *requests,
                                 const char *file, struct reason *reason)
{
    struct python_trace *trace;
    struct python_trace_call call;
    enum python_trace_step step = PYTHON_TRACE_AT_CALL;
    size_t count = 0;
    bool is_same = true;
    if (python_trace_open(&trace, file, reason) != STATUS_OK) {
        return STATUS_FAILED;
    }
    while (is_same && (step = python_trace_next(trace, &call, reason)) ==
                          PYTHON_TRACE_AT_CALL) {
        if (is_request(&call)) {
            is_same =
                count < requests->count && call.block < requests->block_count;
            if (is_same) {
                requests->items[count++] = request_of(&call);
            }
        }
    }
    python_trace_close(trace);
    if (step == PYTHON_TRACE_IS_REFUSED) {
        return STATUS_FAILED;
    }
    return is_same && count == requests->count
               ? STATUS_OK
               : explain(reason, STATUS_FAILED,
                         "the trace %.200s was changed while it was read",
                         file);
}

/* ---- what is kept ---------------------------------------------------------
 */

/* births[b]: where the block that has number b at the end was made, or that
 * nobody has it. */
static void find_births(const struct python_requests *requests,
                        uint32_t *births)
{
    for (uint32_t b = 0; b < requests->block_count; b++) {
        births[b] = NOT_FOUND;
    }
    for (size_t i = requests->count; i-- > 0;) {
        const struct python_request request = requests->items[i];
        uint32_t *birth = &births[request.block];
        if (*birth != NOT_FOUND) {
            continue;
        }
        if (request.kind == PYTHON_REQUEST_RELEASE) {
            *birth = GIVEN_UP;
        } else if (request.kind != PYTHON_REQUEST_RESIZE) {
            *birth = (uint32_t)i;
        }
    }
}

/* Gives the blocks that are kept numbers of their own. */
static void number_kept(struct python_requests *requests, uint32_t *births,
                        uint32_t *numbers)
{
    for (uint32_t b = 0; b < requests->block_count; b++) {
        if (births[b] < requests->fill_count) {
            numbers[b] = requests->block_count + requests->kept_count++;
        } else {
            births[b] = NOT_FOUND;
        }
    }
    for (size_t i = 0; i < requests->count; i++) {
        struct python_request *request = &requests->items[i];
        const uint32_t block = request->block;
        if (i >= births[block]) {
            request->block = numbers[block] & (UINT32_MAX >> 2);
        }
    }
}

static enum status find_kept(struct python_requests *requests,
                             struct reason *reason)
{
    const size_t bytes = 2 * sizeof(uint32_t) * requests->block_count;
    uint32_t *births = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (births == MAP_FAILED) {
        return explain(reason, STATUS_FAILED, "no memory to read a trace");
    }
    find_births(requests, births);
    number_kept(requests, births, births + requests->block_count);
    (void)munmap(births, bytes);
    return STATUS_OK;
}

enum status python_requests_load(struct python_requests *requests,
                                 const char *file,
                                 python_requests_memory *memory, void *context,
                                 struct reason *reason)
{
    if (count_requests(requests, file, reason) != STATUS_OK) {
        return STATUS_FAILED;
    }
    requests->items =
        memory(context, requests->count * sizeof *requests->items);
    if (!requests->items ||
        read_requests(requests, file, reason) != STATUS_OK) {
        return STATUS_FAILED;
    }
    return find_kept(requests, reason);
}

void python_requests_leave_out_kept(struct python_requests *requests)
{
    size_t left = 0;
    size_t fill_left = 0;
    for (size_t i = 0; i < requests->count; i++) {
        const struct python_request request = requests->items[i];
        if (request.block < requests->block_count) {
            requests->items[left++] = request;
            fill_left += i < requests->fill_count;
        }
    }
    requests->count = left;
    requests->fill_count = fill_left;
}
