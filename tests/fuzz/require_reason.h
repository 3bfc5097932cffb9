/* What must hold of a status and its reason, whatever was read. */
#ifndef GIVEBACK_FUZZ_REQUIRE_REASON_H
#define GIVEBACK_FUZZ_REQUIRE_REASON_H

#include "fuzz.h"
#include "status.h"

/* All is well without a reason, or it failed with one, on one line. */
static inline void require_reason(enum status status,
                                  const struct reason *reason)
{
    require(status == STATUS_OK || status == STATUS_FAILED);
    require((status == STATUS_OK) == (reason->text[0] == '\0'));
    require(memchr(reason->text, '\0', sizeof reason->text) != NULL);
    for (const char *at = reason->text; *at; at++) {
        require((unsigned char)*at >= ' ' && *at != 0x7f);
    }
}

#endif
