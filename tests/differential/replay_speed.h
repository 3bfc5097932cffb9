/* How fast the clone answers the calls of a recording. */
#ifndef GIVEBACK_DIFFERENTIAL_REPLAY_SPEED_H
#define GIVEBACK_DIFFERENTIAL_REPLAY_SPEED_H

#include <stdbool.h>

#include "replay_clone.h"

/* Decodes a trace, then plays its calls `rounds` times, and prints calls and
 * millions of calls a second of CPU time: the best round and the median. What
 * is live at the end of a round is released outside of the time; nothing is
 * written into blocks. False, the reason printed, where it cannot. */
bool replay_speed(struct replay_clone *clone, const char *file,
                  unsigned rounds);

#endif
