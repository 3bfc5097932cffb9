/* Large blocks of one size and the pins that outlive them. */
#include "pinned.h"

enum status pinned_prepare(struct run *run, struct pinned *pinned,
                           size_t count, size_t size, size_t pin_count)
{
    if (count == 0 || size == 0) {
        return run_fail(run, "live is less than one block: ask for more");
    }
    if (!pinned || blocks_prepare(run, &pinned->blocks, count) != STATUS_OK ||
        blocks_prepare(run, &pinned->pins, pin_count) != STATUS_OK) {
        return STATUS_FAILED;
    }
    pinned->size = size;
    pinned->pin_size = settings_integer(run_settings(run), "pin");
    run_set_state(run, pinned);
    return STATUS_OK;
}

enum status pinned_first(struct run *run, struct pinned *pinned,
                         const struct allocator_calls *heap, size_t size)
{
    struct block first = {NULL, 0};
    if (size == 0) {
        return STATUS_OK;
    }
    if (block_make(run, heap, &first, size, &pinned->tally) != STATUS_OK) {
        return STATUS_FAILED;
    }
    block_release(heap, &first, &pinned->tally);
    tally_end_phase(run, &pinned->tally, "first_released");
    return STATUS_OK;
}

enum status pinned_make(struct run *run, struct pinned *pinned,
                        const struct allocator_calls *heap, size_t i)
{
    return block_make(run, heap, &pinned->blocks.places[i], pinned->size,
                      &pinned->tally);
}

enum status pinned_pin(struct run *run, struct pinned *pinned,
                       const struct allocator_calls *heap, size_t i)
{
    return block_keep(run, heap, &pinned->pins.places[i], pinned->pin_size,
                      &pinned->tally);
}

enum status pinned_make_all(struct run *run, struct pinned *pinned,
                            const struct allocator_calls *heap)
{
    for (size_t i = 0; i < pinned->blocks.count; i++) {
        if (pinned_make(run, pinned, heap, i) != STATUS_OK ||
            pinned_pin(run, pinned, heap, i) != STATUS_OK) {
            return STATUS_FAILED;
        }
    }
    return STATUS_OK;
}

enum status pinned_drain(struct run *run, const struct allocator_calls *heap)
{
    struct pinned *pinned = run_state(run);
    blocks_release(run, heap, &pinned->blocks, &pinned->tally);
    tally_end_phase(run, &pinned->tally, "drain");
    return STATUS_OK;
}

enum status pinned_rest(struct run *run, const struct allocator_calls *heap)
{
    struct pinned *pinned = run_state(run);
    blocks_release(run, heap, &pinned->pins, &pinned->tally);
    tally_end_phase(run, &pinned->tally, "rest");
    return STATUS_OK;
}

void pinned_each_live(struct run *run, block_visitor *visit, void *context)
{
    const struct pinned *pinned = run_state(run);
    blocks_each_live(&pinned->blocks, visit, context);
    blocks_each_live(&pinned->pins, visit, context);
}

size_t pinned_block_bytes(const struct run *run)
{
    return ((const struct pinned *)run_state(run))->size;
}

size_t pinned_pin_bytes(const struct run *run)
{
    return ((const struct pinned *)run_state(run))->pin_size;
}
