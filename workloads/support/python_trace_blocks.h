/* The numbers of live blocks, as writer and reader of a trace agree on them:
 * a new block takes the number given up last, or else the lowest never used.
 *
 * The table grows by mmap: neither side disturbs a heap that is recorded or
 * measured.
 */
#ifndef GIVEBACK_SUPPORT_PYTHON_TRACE_BLOCKS_H
#define GIVEBACK_SUPPORT_PYTHON_TRACE_BLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct python_trace_block {
    uint64_t size; /* bytes asked for last */
    uint32_t next; /* of a free number: the one given up before, or NO_BLOCK */
    bool live;
};

/* Zeroed it must not be: python_trace_blocks_init. */
struct python_trace_blocks {
    struct python_trace_block *items;
    size_t capacity;
    uint32_t count; /* numbers ever used */
    uint32_t free;  /* given up last, or NO_BLOCK */
};

void python_trace_blocks_init(struct python_trace_blocks *blocks);
void python_trace_blocks_free(struct python_trace_blocks *blocks);

/* The number of a new block; NO_BLOCK where there is no memory for more, or
 * there are PYTHON_TRACE_BLOCKS_MAX. */
uint32_t python_trace_blocks_add(struct python_trace_blocks *blocks,
                                 uint64_t size);

/* The live block of that number; NULL: there is none. Until the next add. */
struct python_trace_block *
python_trace_blocks_find(const struct python_trace_blocks *blocks,
                         int64_t number);

/* Gives a live block's number up. */
void python_trace_blocks_remove(struct python_trace_blocks *blocks,
                                uint32_t number);

#endif
