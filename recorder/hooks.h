/* The hooks between an interpreter and its allocator: they pass every call on
 * and tell a trace what it was.
 *
 * A hook changes nothing that the allocator decides by: it asks no heap for
 * memory while an interpreter runs but zstd's own working memory, and it
 * places arenas at chosen slots (arena_slots.h). The interpreter's lock makes
 * calls come one after another; where they do not (sub-interpreters with locks
 * of their own) the recording is given up with the reason, and the program
 * runs on.
 */
#ifndef GIVEBACK_RECORDER_HOOKS_H
#define GIVEBACK_RECORDER_HOOKS_H

#include "python.h"
#include "support/python_trace_writer.h"

/* Begins to record into a new trace at `path`. Before the interpreter's first
 * call; once in a process. Arenas begin `misalignment` bytes behind a pool
 * boundary. */
enum status hooks_install(const struct python *python, const char *path,
                          size_t misalignment, struct reason *reason);

/* Whether this process is a fork of the one that records: it has no trace. */
bool hooks_in_child(void);

/* Ends the recording, after the interpreter's last call; `totals` gets its
 * sums. STATUS_FAILED with the reason: there is no trace. */
enum status hooks_finish(struct python_trace_totals *totals,
                         struct reason *reason);

#endif
