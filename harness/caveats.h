/* What a user should know of the host before figures are made on it. */
#ifndef GIVEBACK_CAVEATS_H
#define GIVEBACK_CAVEATS_H

#include "machine.h"

/* Says it on standard error, a line each; nothing on a good host. What a
 * reader of the results must know is recorded as well. */
void caveats_print(const struct machine *machine);

#endif
