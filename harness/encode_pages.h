/* Page truth as a JSON object; null where it is unknown. The caller owns what
 * is returned. */
#ifndef GIVEBACK_ENCODE_PAGES_H
#define GIVEBACK_ENCODE_PAGES_H

#include <jansson.h>

#include "report.h"

/* `pages` are of a sample of the report, or of its base. */
json_t *encode_pages(const struct report *report, const struct pages *pages);

#endif
