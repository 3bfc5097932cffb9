/* Takes the calls of a library that brings an adapter (api/adapter.h). */
#ifndef GIVEBACK_SUPPORT_ADAPTED_LIBRARY_H
#define GIVEBACK_SUPPORT_ADAPTED_LIBRARY_H

#include "adapter.h"
#include "private_library.h"

/* The adapter that the library exports, or NULL. */
const struct giveback_adapter *
adapter_of(const struct private_library *library);

/* Fills `calls` from the adapter, which stays the library's, and corrects
 * `identity`: version, and which file does the work. STATUS_FAILED where it is
 * of another interface or lacks what is required, STATUS_UNSUPPORTED where it
 * says that it cannot begin; the reason is written. One per process. */
enum status adapter_attach(const struct giveback_adapter *adapter,
                           const char *options, struct allocator_calls *calls,
                           struct identity *identity, struct reason *reason);

#endif
