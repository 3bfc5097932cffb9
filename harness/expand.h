/* Lists and ranges in an address: one address per value.
 *
 *   key={a,b,c}        one address for each
 *   key=100..1000*10   100, 1000: each ten times the last
 *   key=1..9+4         1, 5, 9: each four more
 */
#ifndef GIVEBACK_EXPAND_H
#define GIVEBACK_EXPAND_H

#include "status.h"
#include "texts.h"

enum { EXPANSION_MAX = 1000 }; /* addresses in a list */

/* Appends the addresses that `text` stands for: itself, if it is plain.
 * STATUS_FAILED with the reason where a list or range has no sense. */
enum status expand_address(const char *text, struct texts *addresses,
                           struct reason *reason);

#endif
