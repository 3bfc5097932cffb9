/* Built in place of counter_callgrind.c where valgrind's header is not
 * installed, or with a sanitizer, which valgrind cannot run. */
#include "counter.h"

#include "sample.h"

const char *const callgrind_lacking =
    "this program was built with a sanitizer, or without valgrind/callgrind.h:"
    " install valgrind (scripts/setup does) and build again";

const char *const callgrind_version = NULL;

static enum status lacking_open(struct reason *reason)
{
    return explain(reason, STATUS_UNSUPPORTED, "%s", callgrind_lacking);
}

static void nothing(void)
{
}

static uint64_t lacking_read(const char *phase)
{
    (void)phase;
    return UNKNOWN;
}

const struct counter counter_callgrind = {
    .source = "callgrind",
    .traced = true,
    .open = lacking_open,
    .start = nothing,
    .stop = nothing,
    .read = lacking_read,
};
