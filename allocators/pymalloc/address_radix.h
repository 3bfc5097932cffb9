/* "Is this block ours?", since 3.10: ask a radix tree of the arenas.
 *
 * The tree has a cell for every ARENA_SIZE-aligned stretch of the address
 * space that an arena reaches into. An arena that begins `tail` bytes into a
 * stretch covers its end, and the first `tail` bytes of the next. Part of an
 * instantiation (see size_class.h), which may define ARENA_BITS_MIN, a
 * constant, where its ARENA_BITS is a field.
 */
#ifndef PYMALLOC_ADDRESS_RADIX_H
#define PYMALLOC_ADDRESS_RADIX_H

#include <stdlib.h>

#include "heap.h"
#include "pool.h"

#ifndef ARENA_BITS_MIN
#define ARENA_BITS_MIN ARENA_BITS
#endif

/* Three levels share the bits above the arena's, the lowest gets what is
 * left: 15, 15 and 14 for arenas of 1 MiB. */
#define INTERIOR_BITS ((64 - ARENA_BITS_MIN + 2) / 3)
#define BOTTOM_BITS   (64 - ARENA_BITS_MIN - 2 * INTERIOR_BITS)

/* A stretch of addresses. Ours are the tails below `lo`, and those from `hi`
 * on unless it is 0; -1 stands for "all of it". */
struct cell {
    int32_t hi, lo;
};

struct bottom {
    struct cell cells[1 << BOTTOM_BITS];
};

struct middle {
    struct bottom *bottoms[1 << INTERIOR_BITS];
};

/* The root, which CPython keeps in its .bss: too large for libc's own heap, so
 * that pages of it that no address leads to are never touched. */
struct address_map {
    struct middle *middles[1 << INTERIOR_BITS];
};

static inline size_t top_index(const struct pymalloc *heap, uintptr_t address)
{
    (void)heap;
    /* In two steps: of the largest arenas it is all 64 bits. */
    return address >> (ARENA_BITS + BOTTOM_BITS) >> INTERIOR_BITS;
}

static inline size_t middle_index(const struct pymalloc *heap,
                                  uintptr_t address)
{
    (void)heap;
    return (address >> (ARENA_BITS + BOTTOM_BITS)) &
           ((1 << INTERIOR_BITS) - 1);
}

static inline size_t bottom_index(const struct pymalloc *heap,
                                  uintptr_t address)
{
    (void)heap;
    return (address >> ARENA_BITS) & ((1 << BOTTOM_BITS) - 1);
}

static inline bool is_ours(const struct pymalloc *heap, const void *block)
{
    const uintptr_t address = (uintptr_t)block;
    const struct middle *middle =
        heap->addresses->middles[top_index(heap, address)];
    if (UNLIKELY(middle == NULL)) {
        return false;
    }
    const struct bottom *bottom = middle->bottoms[middle_index(heap, address)];
    if (UNLIKELY(bottom == NULL)) {
        return false;
    }
    const struct cell cell = bottom->cells[bottom_index(heap, address)];
    const int32_t tail = (int32_t)(address & (ARENA_SIZE - 1));
    return tail < cell.lo || (cell.hi != 0 && tail >= cell.hi);
}

/* A zeroed node from raw; NULL: no memory. */
static void *new_node(struct pymalloc *heap, size_t size)
{
    void *node = heap->raw.calloc(heap->raw.context, 1, size);
    if (node != NULL) {
        heap->radix_nodes++;
        heap->radix_bytes += size;
    }
    return node;
}

/* The cell of an address, its nodes made where they are missing; NULL: no
 * memory. */
static struct cell *make_cell(struct pymalloc *heap, uintptr_t address)
{
    if (heap->radix_lowest > address) {
        heap->radix_lowest = address;
    }
    if (heap->radix_highest < address) {
        heap->radix_highest = address;
    }
    struct middle **middle =
        &heap->addresses->middles[top_index(heap, address)];
    if (*middle == NULL) {
        *middle = new_node(heap, sizeof **middle);
        if (*middle == NULL) {
            return NULL;
        }
    }
    struct bottom **bottom = &(*middle)->bottoms[middle_index(heap, address)];
    if (*bottom == NULL) {
        *bottom = new_node(heap, sizeof **bottom);
        if (*bottom == NULL) {
            return NULL;
        }
    }
    return &(*bottom)->cells[bottom_index(heap, address)];
}

static bool radix_add(struct pymalloc *heap, uintptr_t base)
{
    const int32_t tail = (int32_t)(base & (ARENA_SIZE - 1));
    struct cell *cell = make_cell(heap, base);
    if (cell == NULL) {
        return false;
    }
    if (tail == 0) {
        cell->hi = -1;
        return true;
    }
    struct cell *next = make_cell(heap, base + ARENA_SIZE);
    if (next == NULL) {
        return false;
    }
    cell->hi = tail;
    next->lo = tail;
    return true;
}

static void radix_remove(struct pymalloc *heap, uintptr_t base)
{
    /* Nodes are never freed before the end, so both cells are there. */
    make_cell(heap, base)->hi = 0;
    if ((base & (ARENA_SIZE - 1)) != 0) {
        make_cell(heap, base + ARENA_SIZE)->lo = 0;
    }
}

static bool radix_open(struct pymalloc *heap)
{
    heap->addresses = calloc(1, sizeof *heap->addresses);
    if (heap->addresses == NULL) {
        return false;
    }
    heap->radix_lowest = UINTPTR_MAX; /* none so far */
    heap->radix_nodes = 1;
    heap->radix_bytes = sizeof *heap->addresses;
    return true;
}

/* Frees a node of the second level, whose bottoms are first..last. */
static void free_middle(struct pymalloc *heap, struct middle *middle,
                        size_t first, size_t last)
{
    for (size_t i = first; i <= last; i++) {
        if (middle->bottoms[i] != NULL) {
            heap->raw.free(heap->raw.context, middle->bottoms[i]);
        }
    }
    heap->raw.free(heap->raw.context, middle);
}

/* Looks at no entry that no address led to: those are most of the tree, and
 * their pages were never touched. */
static void radix_close(struct pymalloc *heap)
{
    const uintptr_t lowest = heap->radix_lowest;
    const uintptr_t highest = heap->radix_highest;
    const size_t first = top_index(heap, lowest);
    const size_t last = top_index(heap, highest);
    for (size_t top = first; top <= last; top++) {
        struct middle *middle = heap->addresses->middles[top];
        if (middle != NULL) {
            free_middle(heap, middle,
                        top == first ? middle_index(heap, lowest) : 0,
                        top == last ? middle_index(heap, highest)
                                    : (1 << INTERIOR_BITS) - 1);
        }
    }
    free(heap->addresses);
}

static const struct address_test address_test = {
    .open = radix_open,
    .close = radix_close,
    .add = radix_add,
    .remove = radix_remove,
};

#endif
