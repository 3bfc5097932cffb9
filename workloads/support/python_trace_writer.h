/* Writes a trace (support/python_trace.h) while the calls are made.
 *
 * A writer never fails in the middle: the first thing that goes wrong is kept,
 * whatever follows is dropped, and python_trace_finish says why. The file
 * appears under its name when it is whole, and not before.
 */
#ifndef GIVEBACK_SUPPORT_PYTHON_TRACE_WRITER_H
#define GIVEBACK_SUPPORT_PYTHON_TRACE_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "support/python_trace.h"

struct python_trace_writer;

/* Begins a trace. The caller ends it with python_trace_finish or
 * python_trace_abandon. NULL with the reason where the file cannot be made.
 * `level` is zstd's, 1 to 19. */
struct python_trace_writer *
python_trace_create(const char *path, const struct python_trace_header *header,
                    int level, struct reason *reason);

/* Where a block was: its arena's slot, and bytes behind its beginning. */
struct python_trace_place {
    uint32_t slot; /* NO_SLOT: in no arena */
    uint64_t offset;
};

/* An arena came or went; before the call is told in which it did. */
void python_trace_write_event(struct python_trace_writer *writer, bool given,
                              uint32_t slot);

/* A call that returned a new block: malloc, calloc or realloc of NULL.
 * Returns the block's number, or NO_BLOCK once something went wrong. */
uint32_t python_trace_write_made(struct python_trace_writer *writer,
                                 enum python_trace_kind kind, uint64_t size,
                                 struct python_trace_place place);

/* Realloc of the live block `number`, which keeps its number. */
void python_trace_write_resized(struct python_trace_writer *writer,
                                uint32_t number, uint64_t size,
                                struct python_trace_place place);

/* Free of the live block `number`; NO_BLOCK: of NULL. */
void python_trace_write_freed(struct python_trace_writer *writer,
                              uint32_t number);

/* From here on the interpreter takes itself down; once. */
void python_trace_write_finalizing(struct python_trace_writer *writer);

/* A call that got no memory. */
void python_trace_write_failed(struct python_trace_writer *writer);

const struct python_trace_totals *
python_trace_written(const struct python_trace_writer *writer);

/* Writes the end, gives the file its name and frees the writer. STATUS_FAILED
 * with the reason where anything went wrong: then there is no file. */
enum status python_trace_finish(struct python_trace_writer *writer,
                                struct reason *reason);

/* Takes everything back. NULL: nothing. */
void python_trace_abandon(struct python_trace_writer *writer);

#endif
