/* Contract of CAN_FORK: a forked child releases what its parent made, makes
 * and releases blocks of its own, and its parent goes on as if nothing were.
 */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checked.h"

enum { LARGE_SHIFT_MAX = 20, CHILD_DONE = 7 };

static enum status prepare(struct run *run)
{
    struct checked *checked = run_scratch(run, sizeof *checked);
    run_set_state(run, checked);
    return checked ? checked_prepare(run, checked, LARGE_SHIFT_MAX)
                   : STATUS_FAILED;
}

static void *make(const struct allocator_calls *heap,
                  const struct block *block)
{
    return heap->alloc(block->size);
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    static const struct maker maker = {make, NULL};
    return checked_fill(run, run_state(run), heap, &maker, "fill");
}

/* In the child: every block is read, released and made anew. */
static bool use_heap(struct run *run, const struct allocator_calls *heap)
{
    const struct checked *checked = run_state(run);
    for (size_t i = 0; i < checked->count; i++) {
        struct block *block = &checked->blocks[i];
        if (block_check(run, block, block->size, "in a forked child") !=
            STATUS_OK) {
            return false;
        }
        heap->release(block->start);
        block->start = heap->alloc(block->size);
        if (!block->start) {
            return false;
        }
        memset(block->start, 0, block->size);
    }
    return true;
}

static enum status fork_once(struct run *run,
                             const struct allocator_calls *heap)
{
    int status = 0;
    const pid_t child = fork();
    if (child == 0) {
        _exit(use_heap(run, heap) ? CHILD_DONE : 1);
    }
    if (child < 0 || waitpid(child, &status, 0) != child) {
        return run_fail(run, "no child could be made");
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == CHILD_DONE
               ? STATUS_OK
               : run_fail(run,
                          "a forked child could not use the heap: wait "
                          "status 0x%x",
                          (unsigned)status);
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    return fork_once(run, heap) == STATUS_OK
               ? checked_drain(run, run_state(run), heap, "drain")
               : STATUS_FAILED;
}

static void each_live(struct run *run, block_visitor *visit, void *context)
{
    checked_each_live(run_state(run), visit, context);
}

const struct workload workload_contract_fork = {
    .name = "contract_fork",
    .summary = "a forked child works on with its parent's blocks",
    .symptom = "workers that a server forks crash or hang",
    .source = "fork(2), pthread_atfork(3)",
    .needs = CAN_FORK,
    .prepare = prepare,
    .request_bytes = checked_request_bytes,
    .build = build,
    .drain = drain,
    .each_live = each_live,
};
