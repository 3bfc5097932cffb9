/* Run and cell as JSON objects; the names are a contract
 * (results/README.md). The caller owns what is returned. */
#ifndef GIVEBACK_ENCODE_H
#define GIVEBACK_ENCODE_H

#include <jansson.h>

#include "record.h"

/* "2026-11-22T09:31:36Z" of now. */
void encode_now(char now[32]);

json_t *encode_run(const struct record *record, const struct plan *plan,
                   const struct run_facts *facts);

json_t *encode_cell(const struct record *record, const struct cell *cell,
                    const struct report *report, const struct ending *ending,
                    const struct timeline *timeline,
                    const struct machine *machine);

/* What tells a cell from all others of its run. */
json_t *encode_key(const struct cell *cell);

/* The same of a cell read from a file; NULL if it is none. */
json_t *encode_key_of(const json_t *line);

#endif
