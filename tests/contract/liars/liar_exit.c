/* A workload one of whose threads leaves in the middle of its work. */
#include <pthread.h>

#include "workload.h"

enum { MEMBERS = 4, BLOCK_BYTES = 32 };

static enum status prepare(struct run *run)
{
    struct team *team = run_team(run, MEMBERS, 0);
    run_set_state(run, team);
    return team ? STATUS_OK : STATUS_FAILED;
}

static size_t request_bytes(const struct run *run)
{
    (void)run;
    return BLOCK_BYTES;
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    (void)heap;
    end_phase(run, &(struct phase){"fill", 0, 0, 0});
    return STATUS_OK;
}

static enum status leave(struct member *member,
                         const struct allocator_calls *heap, void *context)
{
    (void)context;
    if (member->index == 1) {
        pthread_exit(NULL);
    }
    heap->release(heap->alloc(BLOCK_BYTES));
    member_barrier(member);
    return STATUS_OK;
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    struct phase total = {.name = "drain"};
    const enum status status =
        run_threads(run, run_state(run), heap, leave, NULL, &total);
    if (status == STATUS_OK) {
        end_phase(run, &total);
    }
    return status;
}

const struct workload workload_liar_exit = {
    .name = "liar_exit",
    .summary = "a thread of it leaves in the middle of its work",
    .symptom = "the others wait for ever",
    .source = "pthread_exit(3)",
    .needs = CAN_THREADS,
    .prepare = prepare,
    .request_bytes = request_bytes,
    .build = build,
    .drain = drain,
};
