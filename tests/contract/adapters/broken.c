/* Adapters with a fault each: which one, the build says by -DFAULT_... */
#include "adapter.h"

#include <stdlib.h>

__attribute__((used)) static const char *refuse(const char *options)
{
    return options[0] == '\0' ? "no zone named: write +options=ZONE"
                              : "no such zone";
}

#if defined(FAULT_INTERFACE)
#define INTERFACE 7
#else
#define INTERFACE GIVEBACK_ADAPTER_INTERFACE
#endif

__attribute__((visibility("default")))
const struct giveback_adapter giveback_adapter = {
    .interface = INTERFACE,
    .alloc = malloc,
#if !defined(FAULT_LACKS_RELEASE)
    .release = free,
#endif
#if defined(FAULT_REFUSES)
    .begin = refuse,
#endif
#if defined(FAULT_INSIDE_NOTHING)
    .inside = (void (*)(void))1,
#endif
};
