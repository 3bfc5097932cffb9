/* Large blocks of one size with small ones behind them that outlive them, the
 * pins: what top_pin, interleave, mmap_threshold, aligned_interleave and
 * realloc_growth hold.
 *
 * A drain releases the blocks and leaves the pins, `rest` releases those. The
 * pins are not made again by a refill, for they live on.
 */
#ifndef GIVEBACK_SUPPORT_PINNED_H
#define GIVEBACK_SUPPORT_PINNED_H

#include "blocks.h"

struct pinned {
    struct blocks blocks, pins;
    size_t size, pin_size; /* bytes of each */
    struct tally tally;    /* of both */
};

/* Bytes of the blocks at the peak, and of each pin: `live` and `pin`. */
#define PINNED_PARAMETERS(live_preset, pin_preset)                            \
    {.key = "live",                                                           \
     .meaning = "bytes of the large blocks at the peak",                      \
     .preset = (live_preset),                                                 \
     .minimum = 1,                                                            \
     .maximum = UINT64_C(1) << 40},                                           \
    {                                                                         \
        .key = "pin", .meaning = "bytes of a pin", .preset = (pin_preset),    \
        .minimum = 1, .maximum = UINT64_C(1) << 20                            \
    }

/* Readies `pinned`, the first member of the workload's state in scratch, for
 * `count` blocks and `pin_count` pins, none live, and sets the run's state to
 * it; the size of a pin is the parameter `pin`. STATUS_FAILED, reason written,
 * where there is not enough memory, as where `pinned` is NULL. In `prepare`.
 */
enum status pinned_prepare(struct run *run, struct pinned *pinned,
                           size_t count, size_t size, size_t pin_count);

/* Makes a block of `size` bytes and releases it at once, as the phase
 * `first_released`: the past that a real process has. 0: nothing is done. */
enum status pinned_first(struct run *run, struct pinned *pinned,
                         const struct allocator_calls *heap, size_t size);

/* Makes the `i`-th block or pin: the pin unless it is live. */
enum status pinned_make(struct run *run, struct pinned *pinned,
                        const struct allocator_calls *heap, size_t i);
enum status pinned_pin(struct run *run, struct pinned *pinned,
                       const struct allocator_calls *heap, size_t i);

/* Makes every block, and pin `i` behind block `i`: there are as many pins. */
enum status pinned_make_all(struct run *run, struct pinned *pinned,
                            const struct allocator_calls *heap);

/* Steps of a workload whose state begins with a struct pinned. */
enum status pinned_drain(struct run *run, const struct allocator_calls *heap);
enum status pinned_rest(struct run *run, const struct allocator_calls *heap);
void pinned_each_live(struct run *run, block_visitor *visit, void *context);

/* What is typical of the workload: its large blocks, or its pins. */
size_t pinned_block_bytes(const struct run *run);
size_t pinned_pin_bytes(const struct run *run);

#endif
