/* Requests that were decided beforehand, and the timed loop that makes them.
 */
#include "script.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum status script_prepare(struct run *run, struct script *script,
                           uint64_t capacity)
{
    if (capacity > SIZE_MAX / sizeof *script->requests) {
        return run_fail(run, "%llu requests are too many",
                        (unsigned long long)capacity);
    }
    *script = (struct script){
        .requests = run_scratch(run, capacity * sizeof *script->requests),
        .capacity = capacity,
    };
    return script->requests ? STATUS_OK : STATUS_FAILED;
}

static void append(struct script *script, size_t slot, int32_t bytes)
{
    assert(script->count < script->capacity);
    assert(slot <= UINT32_MAX);
    script->requests[script->count++] =
        (struct request){(uint32_t)slot, bytes};
}

void script_make(struct script *script, size_t slot, size_t bytes)
{
    assert(bytes > 0 && bytes <= REQUEST_BYTES_MAX);
    append(script, slot, (int32_t)bytes);
}

void script_release(struct script *script, size_t slot, size_t bytes)
{
    assert(bytes > 0 && bytes <= REQUEST_BYTES_MAX);
    append(script, slot, -(int32_t)bytes);
}

void script_invert(struct script *script)
{
    for (size_t i = 0; i < script->count; i++) {
        script->requests[i].bytes = -script->requests[i].bytes;
    }
}

/* Knuth, The Art of Computer Programming 2, 3.4.2 S. */
void script_spare(struct script *script, uint64_t keep, struct random *random)
{
    const size_t made = script->count;
    uint64_t wanted = made / keep;
    script->count = 0;
    for (size_t i = 0; i < made; i++) {
        if (random_below(random, made - i) < wanted) {
            wanted--;
        } else {
            script->requests[script->count++] = script->requests[i];
        }
    }
}

/* Whether the allocator answered every request from `at` to `end`; then the
 * table's tallies are those after the last. */
static bool make_batch(const struct allocator_calls *heap,
                       struct block_table *table, const struct request *at,
                       const struct request *end)
{
    void *(*const alloc)(size_t) = heap->alloc;
    void (*const release)(void *) = heap->release;
    struct block_slot *const slots = table->slots;
    uint64_t live_blocks = table->live_blocks;
    uint64_t live_bytes = table->live_bytes;
    for (; at < end; at++) {
        struct block_slot *slot = &slots[at->slot];
        if (at->bytes > 0) {
            const size_t bytes = (size_t)at->bytes;
            void *block = alloc(bytes);
            if (!block) {
                return false;
            }
            *slot = (struct block_slot){
                memset(block, (int)(at->slot & 0xff), bytes), bytes};
            live_blocks++;
        } else {
            release(slot->block);
            slot->block = NULL;
            live_blocks--;
        }
        live_bytes += (uint64_t)(int64_t)at->bytes;
    }
    table->live_blocks = live_blocks;
    table->live_bytes = live_bytes;
    return true;
}

/* Where the batch that begins at `done` ends. */
static size_t batch_end(const struct script *script, size_t done)
{
    const size_t left = script->count - done;
    return done + (left < BATCH_OPERATIONS ? left : BATCH_OPERATIONS);
}

enum status script_run_member(struct member *member,
                              const struct script *script,
                              struct block_table *table,
                              const struct allocator_calls *heap)
{
    const struct allocator_calls calls = *heap;
    for (size_t done = 0; done < script->count;) {
        const size_t next = batch_end(script, done);
        const uint64_t blocks = table->live_blocks, bytes = table->live_bytes;
        if (!make_batch(&calls, table, script->requests + done,
                        script->requests + next)) {
            return explain(&member->reason, STATUS_FAILED,
                           "thread %u of %u: the allocator had no memory "
                           "between request %zu and %zu",
                           member->index + 1, member->count, done, next);
        }
        member->operations += next - done;
        member->live_blocks += (int64_t)(table->live_blocks - blocks);
        member->live_bytes += (int64_t)(table->live_bytes - bytes);
        member_publish(member);
        done = next;
    }
    return STATUS_OK;
}

enum status script_run(struct run *run, const struct script *script,
                       struct block_table *table,
                       const struct allocator_calls *heap,
                       const char *phase_name)
{
    const struct allocator_calls calls = *heap;
    for (size_t done = 0; done < script->count;) {
        const size_t next = batch_end(script, done);
        if (!make_batch(&calls, table, script->requests + done,
                        script->requests + next)) {
            return run_fail(run,
                            "phase %s: the allocator had no memory between "
                            "request %zu and %zu",
                            phase_name, done, next);
        }
        done = next;
        publish(run, done, table->live_bytes);
    }
    const struct phase phase = {.name = phase_name,
                                .operations = script->count,
                                .live_blocks = table->live_blocks,
                                .live_bytes = table->live_bytes};
    end_phase(run, &phase);
    return STATUS_OK;
}
