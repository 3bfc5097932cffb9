/* From the addresses of live blocks to their numbers in a trace. */
#include "block_numbers.h"

#include <sys/mman.h>

#include "support/python_trace.h"

#define FIRST_CAPACITY ((size_t)1 << 18)

/* Where an address belongs (Fibonacci hashing: Knuth, TAOCP 3, 6.4). */
static size_t home(const struct block_numbers *numbers, uintptr_t block)
{
    const uint64_t mixed = block * UINT64_C(0x9e3779b97f4a7c15);
    return (size_t)(mixed >> 20) & (numbers->capacity - 1);
}

/* The entry of a block, or the empty one where it belongs. */
static struct block_number *find(const struct block_numbers *numbers,
                                 uintptr_t block)
{
    size_t i = home(numbers, block);
    while (numbers->entries[i].block != 0 &&
           numbers->entries[i].block != block) {
        i = (i + 1) & (numbers->capacity - 1);
    }
    return &numbers->entries[i];
}

static bool grow(struct block_numbers *numbers)
{
    struct block_numbers larger = {
        .capacity = numbers->capacity ? 2 * numbers->capacity : FIRST_CAPACITY,
        .count = numbers->count};
    larger.entries = mmap(NULL, larger.capacity * sizeof *larger.entries,
                          PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (larger.entries == MAP_FAILED) {
        return false;
    }
    for (size_t i = 0; i < numbers->capacity; i++) {
        const struct block_number entry = numbers->entries[i];
        if (entry.block != 0) {
            *find(&larger, entry.block) = entry;
        }
    }
    block_numbers_free(numbers);
    *numbers = larger;
    return true;
}

enum block_numbers_status block_numbers_put(struct block_numbers *numbers,
                                            const void *block, uint32_t number)
{
    if (2 * (numbers->count + 1) > numbers->capacity && !grow(numbers)) {
        return BLOCK_NUMBERS_FULL;
    }
    struct block_number *entry = find(numbers, (uintptr_t)block);
    if (entry->block != 0) {
        return BLOCK_NUMBERS_THERE;
    }
    *entry = (struct block_number){(uintptr_t)block, number};
    numbers->count++;
    return BLOCK_NUMBERS_PUT;
}

/* Fills the hole at `hole` with what stands behind it and belongs before it,
 * so that no search ends too early (Knuth, TAOCP 3, 6.4, algorithm R). */
static void close_hole(struct block_numbers *numbers, size_t hole)
{
    const size_t mask = numbers->capacity - 1;
    for (size_t i = (hole + 1) & mask; numbers->entries[i].block != 0;
         i = (i + 1) & mask) {
        const size_t wanted = home(numbers, numbers->entries[i].block);
        if (((i - wanted) & mask) >= ((i - hole) & mask)) {
            numbers->entries[hole] = numbers->entries[i];
            hole = i;
        }
    }
    numbers->entries[hole] = (struct block_number){0};
}

uint32_t block_numbers_take(struct block_numbers *numbers, const void *block)
{
    struct block_number *entry =
        numbers->capacity ? find(numbers, (uintptr_t)block) : NULL;
    if (!entry || entry->block == 0) {
        return PYTHON_TRACE_NO_BLOCK;
    }
    const uint32_t number = entry->number;
    close_hole(numbers, (size_t)(entry - numbers->entries));
    numbers->count--;
    return number;
}

void block_numbers_free(struct block_numbers *numbers)
{
    if (numbers->entries) {
        (void)munmap(numbers->entries,
                     numbers->capacity * sizeof *numbers->entries);
    }
    *numbers = (struct block_numbers){0};
}
