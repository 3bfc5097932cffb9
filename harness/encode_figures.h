/* The figures of one kind alone as JSON objects; null for other kinds. The
 * caller owns what is returned. */
#ifndef GIVEBACK_ENCODE_FIGURES_H
#define GIVEBACK_ENCODE_FIGURES_H

#include <jansson.h>

#include "report.h"

/* A sample's kernel traffic. */
json_t *encode_traffic(const struct report *report,
                       const struct sample *sample);

/* The times of single calls. */
json_t *encode_stalls(const struct report *report);

#endif
