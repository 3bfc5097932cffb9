/* Contract of resize: what fits is kept, growing and shrinking. */
#include "checked.h"

enum { LARGE_SHIFT_MAX = 18 }; /* 256 KiB: every block lives at three sizes */

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

static size_t half(size_t size)
{
    return size / 2 + 1;
}

/* Of the halved sizes: every block grows beyond what it was at first. */
static size_t threefold(size_t size)
{
    return size * 3;
}

static enum status resize_all(struct run *run, struct checked *checked,
                              const struct allocator_calls *heap,
                              size_t (*new_size)(size_t), const char *phase)
{
    for (size_t i = 0; i < checked->count; i++) {
        struct block *block = &checked->blocks[i];
        const size_t before = block->size, after = new_size(before);
        const size_t kept = before < after ? before : after;
        unsigned char *moved = heap->resize(block->start, after);
        if (!moved) {
            return run_fail(run, "resize from %zu to %zu returned NULL",
                            before, after);
        }
        block->start = moved;
        block->size = after;
        checked->live_bytes += after - before;
        if (block_check(run, block, kept, "when it was resized") !=
            STATUS_OK) {
            return STATUS_FAILED;
        }
        block_write(block, kept);
    }
    checked_end_phase(run, checked, phase, checked->count);
    return STATUS_OK;
}

static enum status build(struct run *run, const struct allocator_calls *heap)
{
    static const struct maker maker = {make, NULL};
    struct checked *checked = run_state(run);
    if (checked_fill(run, checked, heap, &maker, "made") != STATUS_OK ||
        resize_all(run, checked, heap, half, "shrunk") != STATUS_OK) {
        return STATUS_FAILED;
    }
    return resize_all(run, checked, heap, threefold, "fill");
}

static enum status drain(struct run *run, const struct allocator_calls *heap)
{
    return checked_drain(run, run_state(run), heap, "drain");
}

static void each_live(struct run *run, block_visitor *visit, void *context)
{
    checked_each_live(run_state(run), visit, context);
}

const struct workload workload_contract_resize = {
    .name = "contract_resize",
    .summary = "a resized block keeps what fits of its contents",
    .symptom = "memory is corrupted",
    .source = "C11 7.22.3.5",
    .needs = CAN_RESIZE,
    .prepare = prepare,
    .request_bytes = checked_request_bytes,
    .build = build,
    .drain = drain,
    .each_live = each_live,
};
