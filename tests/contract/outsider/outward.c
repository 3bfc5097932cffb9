/* What every plug-in may do: it compiles where `inward.c` does not. */
#include "support/private_library.h"
#include "workload.h"

typedef int nothing;
