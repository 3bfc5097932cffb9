/* What no plug-in may do: it must not compile. */
#include "run.h"

typedef int nothing;
