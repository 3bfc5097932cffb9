/* How fast the clone answers the calls of a recording. */
#include "replay_speed.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "support/python_trace_requests.h"

static void *memory(void *context, size_t bytes)
{
    (void)context;
    return calloc(1, bytes);
}

static double cpu_ns(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void replay_all(const struct pymalloc_allocator *clone, void **blocks,
                       const struct python_requests *requests)
{
    const struct pymalloc_allocator calls = *clone;
    const struct python_request *end = requests->items + requests->count;
    for (const struct python_request *at = requests->items; at < end; at++) {
        void **block = &blocks[at->block];
        switch ((enum python_request_kind)at->kind) {
        case PYTHON_REQUEST_ALLOC:
            *block = calls.malloc(calls.context, at->size);
            break;
        case PYTHON_REQUEST_ALLOC_ZEROED:
            *block = calls.calloc(calls.context, 1, at->size);
            break;
        case PYTHON_REQUEST_RESIZE:
            *block = calls.realloc(calls.context, *block, at->size);
            break;
        case PYTHON_REQUEST_RELEASE:
            calls.free(calls.context, *block);
            *block = NULL;
            break;
        }
    }
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

static void time_rounds(struct replay_clone *clone, void **blocks,
                        const struct python_requests *requests, double *ns,
                        unsigned rounds)
{
    const size_t block_count = requests->block_count + requests->kept_count;
    for (unsigned round = 0; round < rounds; round++) {
        const double start = cpu_ns();
        replay_all(&clone->calls, blocks, requests);
        ns[round] = cpu_ns() - start;
        for (size_t i = 0; i < block_count; i++) {
            clone->calls.free(clone->calls.context, blocks[i]);
            blocks[i] = NULL;
        }
    }
    qsort(ns, rounds, sizeof *ns, compare_doubles);
}

bool replay_speed(struct replay_clone *clone, const char *file,
                  unsigned rounds)
{
    struct python_requests requests = {0};
    struct reason reason = {"no memory to replay a trace"};
    void **blocks = NULL;
    double *ns = calloc(rounds, sizeof *ns);
    bool is_well = ns && python_requests_load(&requests, file, memory, NULL,
                                              &reason) == STATUS_OK;
    if (is_well) {
        blocks =
            calloc(requests.block_count + requests.kept_count, sizeof *blocks);
        is_well = blocks != NULL;
    }
    if (is_well) {
        time_rounds(clone, blocks, &requests, ns, rounds);
        const double calls = (double)requests.count;
        (void)printf("%zu calls, %u times: %.1f million calls a second at "
                     "best, %.1f in the median\n",
                     requests.count, rounds, calls / ns[0] * 1e3,
                     calls / ns[rounds / 2] * 1e3);
    } else {
        (void)fprintf(stderr, "%s: %s\n", file, reason.text);
    }
    free(ns);
    free(blocks);
    free(requests.items);
    return is_well;
}
