/* Has no malloc: asking it for one answers libc's, which it depends on. */
#include "villain.h"

EXPORT void free(void *block);

void free(void *block)
{
    (void)block;
}
