/* Producers replace blocks of their own, and a consumer releases what they
 * replace: it only releases, and never made a block.
 *
 * Each producer has a queue with one reader, in scratch. It is bounded, so
 * that what waits to be released stays little beside what is live; whoever
 * finds it full or empty sleeps for a moment: CPU time spent in waiting would
 * be charged to the allocator. Which block is replaced is drawn in the loop,
 * from the producer's own stream: written down beforehand it would take as
 * much scratch as the blocks take heap, and the draw costs a hundredth of what
 * the queue does.
 */
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "workload.h"

enum {
    CONSUMER, /* the first member; the others are producers */
    QUEUE_CAPACITY = 1024,
};

/* One producer's. Written by it at `put`, by the consumer at `taken`. */
struct queue {
    _Alignas(64) _Atomic uint64_t put;
    _Alignas(64) _Atomic uint64_t taken;
    _Atomic bool ended; /* nothing more is put */
    void *blocks[QUEUE_CAPACITY];
};

struct state {
    struct team *team;
    struct queue *queues; /* by producer, from 0 */
    void **slots;         /* `live` of each producer, in a row */
    size_t producers, live, size, replacements;
    uint64_t live_blocks; /* of all producers, between phases */
};

static enum status prepare(struct run *run)
{
    const struct settings *settings = run_settings(run);
    struct state *state = run_scratch(run, sizeof *state);
    run_set_state(run, state);
    if (!state) {
        return STATUS_FAILED;
    }
    state->producers = settings_integer(settings, "threads");
    state->live = settings_integer(settings, "objects");
    state->size = settings_integer(settings, "size");
    state->replacements = settings_integer(settings, "replacements");
    state->queues = run_scratch(run, state->producers * sizeof *state->queues);
    state->slots = run_scratch(run, state->producers * state->live *
                                        sizeof *state->slots);
    state->team = run_team(run, (unsigned)state->producers + 1, 0);
    return state->queues && state->slots && state->team ? STATUS_OK
                                                        : STATUS_FAILED;
}

static size_t request_bytes(const struct run *run)
{
    return settings_integer(run_settings(run), "size");
}

/* ---- queues ---------------------------------------------------------------
 */

static void stand_by(void)
{
    const struct timespec moment = {.tv_nsec = 20000};
    (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL);
}

static void queue_put(struct queue *queue, void *block)
{
    const uint64_t put =
        atomic_load_explicit(&queue->put, memory_order_relaxed);
    while (put - atomic_load_explicit(&queue->taken, memory_order_acquire) ==
           QUEUE_CAPACITY) {
        stand_by();
    }
    queue->blocks[put % QUEUE_CAPACITY] = block;
    atomic_store_explicit(&queue->put, put + 1, memory_order_release);
}

static void queue_end(struct queue *queue)
{
    atomic_store_explicit(&queue->ended, true, memory_order_release);
}

/* Releases what is there now and returns how many blocks that were. */
static uint64_t queue_release(struct queue *queue,
                              void (*release)(void *block))
{
    const uint64_t put =
        atomic_load_explicit(&queue->put, memory_order_acquire);
    const uint64_t taken =
        atomic_load_explicit(&queue->taken, memory_order_relaxed);
    for (uint64_t i = taken; i < put; i++) {
        release(queue->blocks[i % QUEUE_CAPACITY]);
    }
    atomic_store_explicit(&queue->taken, put, memory_order_release);
    return put - taken;
}

/* Whether nothing is in the queue and nothing will be. */
static bool queue_is_done(const struct queue *queue)
{
    return atomic_load_explicit(&queue->ended, memory_order_acquire) &&
           atomic_load_explicit(&queue->put, memory_order_acquire) ==
               atomic_load_explicit(&queue->taken, memory_order_relaxed);
}

/* ---- what the threads do --------------------------------------------------
 */

static void tell(struct member *member, int64_t blocks, uint64_t operations)
{
    const struct state *state = run_state(member->run);
    member->operations += operations;
    member->live_blocks += blocks;
    member->live_bytes += blocks * (int64_t)state->size;
    member_publish(member);
}

static void consume(struct member *member, const struct allocator_calls *heap,
                    struct state *state)
{
    void (*const release)(void *) = heap->release;
    size_t open = state->producers;
    while (open > 0) {
        uint64_t released = 0;
        open = 0;
        for (size_t i = 0; i < state->producers; i++) {
            released += queue_release(&state->queues[i], release);
            open += !queue_is_done(&state->queues[i]);
        }
        if (released == 0) {
            stand_by();
        } else {
            tell(member, -(int64_t)released, released);
        }
    }
}

static enum status no_memory(struct member *member)
{
    return explain(&member->reason, STATUS_FAILED,
                   "producer %u of %u: the allocator had no memory",
                   member->index, member->count - 1);
}

/* Fills the slots that are free. */
static enum status make_all(struct member *member,
                            const struct allocator_calls *heap, void **slots,
                            const struct state *state)
{
    void *(*const alloc)(size_t) = heap->alloc;
    for (size_t done = 0; done < state->live;) {
        const size_t left = state->live - done;
        const size_t end =
            done + (left < BATCH_OPERATIONS ? left : BATCH_OPERATIONS);
        tell(member, (int64_t)(end - done), end - done);
        for (; done < end; done++) {
            slots[done] = alloc(state->size);
            if (!slots[done]) {
                return no_memory(member);
            }
            memset(slots[done], (int)(done & 0xff), state->size);
        }
    }
    return STATUS_OK;
}

/* Replaces random blocks; what is replaced goes into the queue. */
static enum status replace(struct member *member,
                           const struct allocator_calls *heap, void **slots,
                           struct queue *queue)
{
    const struct state *state = run_state(member->run);
    void *(*const alloc)(size_t) = heap->alloc;
    struct random random = member->random;
    for (size_t done = 0; done < state->replacements;) {
        const size_t left = state->replacements - done;
        const size_t end =
            done + (left < BATCH_OPERATIONS ? left : BATCH_OPERATIONS);
        tell(member, (int64_t)(end - done), end - done);
        for (; done < end; done++) {
            void **slot = &slots[random_below(&random, state->live)];
            void *block = alloc(state->size);
            if (!block) {
                return no_memory(member);
            }
            memset(block, (int)(done & 0xff), state->size);
            queue_put(queue, *slot);
            *slot = block;
        }
    }
    member->random = random;
    return STATUS_OK;
}

static enum status first(struct member *member,
                         const struct allocator_calls *heap, void *context)
{
    const struct state *state = context;
    return member->index == CONSUMER
               ? STATUS_OK
               : make_all(member, heap,
                          state->slots + (member->index - 1) * state->live,
                          state);
}

static enum status churn(struct member *member,
                         const struct allocator_calls *heap, void *context)
{
    struct state *state = context;
    if (member->index == CONSUMER) {
        consume(member, heap, state);
        return STATUS_OK;
    }
    struct queue *queue = &state->queues[member->index - 1];
    const enum status status = replace(
        member, heap, state->slots + (member->index - 1) * state->live, queue);
    queue_end(queue); /* or the consumer would wait */
    return status;
}

static enum status hand_over(struct member *member,
                             const struct allocator_calls *heap, void *context)
{
    struct state *state = context;
    if (member->index == CONSUMER) {
        consume(member, heap, state);
        return STATUS_OK;
    }
    void **slots = state->slots + (member->index - 1) * state->live;
    struct queue *queue = &state->queues[member->index - 1];
    for (size_t i = 0; i < state->live; i++) {
        queue_put(queue, slots[i]);
    }
    queue_end(queue);
    return STATUS_OK;
}

/* ---- steps ----------------------------------------------------------------
 */

static enum status step(struct run *run, team_body *body, const char *name)
{
    struct state *state = run_state(run);
    struct phase total = {.name = name};
    for (size_t i = 0; i < state->producers; i++) {
        atomic_store_explicit(&state->queues[i].ended, false,
                              memory_order_relaxed);
    }
    const enum status status = team_run(run, state->team, body, state, &total);
    if (status == STATUS_OK) {
        state->live_blocks = total.live_blocks;
        end_phase(run, &total);
    }
    return status;
}

/* A refill is the same again: nothing survives. */
static enum status build(struct run *run, const struct allocator_calls *heap)
{
    const struct state *state = run_state(run);
    enum status status = team_is_started(state->team)
                             ? STATUS_OK
                             : team_start(run, state->team, heap);
    if (status == STATUS_OK) {
        status = step(run, first, "first");
    }
    return status == STATUS_OK ? step(run, churn, "fill") : status;
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    (void)heap;
    return step(run, hand_over, "drain");
}

static void each_live(struct run *run, block_visitor *visit, void *context)
{
    const struct state *state = run_state(run);
    for (size_t i = 0; i < state->live_blocks; i++) {
        visit(context, state->slots[i], state->size);
    }
}

static struct team *releaser(struct run *run)
{
    const struct state *state = run_state(run);
    return state->team;
}

static const struct parameter parameters[] = {
    {.key = "threads",
     .meaning = "producers; the consumer is one more",
     .preset = "8",
     .minimum = 1,
     .maximum = 1024},
    {.key = "objects",
     .meaning = "that each producer holds",
     .preset = "40000",
     .minimum = 1,
     .maximum = UINT64_C(1) << 32},
    {.key = "size",
     .meaning = "bytes of each",
     .preset = "592",
     .minimum = 1,
     .maximum = UINT64_C(1) << 32},
    {.key = "replacements",
     .meaning = "that each producer makes",
     .preset = "1500000",
     .minimum = 0,
     .maximum = UINT64_C(1) << 36},
    {.key = NULL},
};

static struct effort effort(const struct settings *settings)
{
    const uint64_t made = settings_integer(settings, "threads") *
                          (settings_integer(settings, "objects") +
                           settings_integer(settings, "replacements"));
    return (struct effort){.calls = 2 * made,
                           .bytes = made * settings_integer(settings, "size")};
}

const struct workload workload_producer_consumer = {
    .name = "producer_consumer",
    .summary = "producers replace their blocks, and a consumer that makes "
               "none releases what they replace",
    .symptom = "a pipeline whose last stage only frees needs several times "
               "what is live, and more for as long as it runs",
    .source = "mimalloc#1364: 1,044 MiB for 180 live",
    .parameters = parameters,
    .effort = effort,
    .needs = CAN_THREADS,
    .prepare = prepare,
    .request_bytes = request_bytes,
    .build = build,
    .drain = drain,
    .each_live = each_live,
    .releaser = releaser,
};
