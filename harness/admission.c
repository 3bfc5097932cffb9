/* Whether an allocator may run a cell at all. */
#include "admission.h"

#include "capabilities.h"
#include "run_inside.h"
#include "version_match.h"

unsigned run_capabilities(const struct run *run)
{
    return capabilities_of(run->parts->allocator->allocator, &run->calls);
}

enum status admit_needs(struct run *run)
{
    const struct kind *kind = run->parts->kind;
    const unsigned missing = run->workload->needs & ~run_capabilities(run);
    if (kind->one_thread && run->workload->needs & CAN_THREADS) {
        return explain(&run->report->reason, STATUS_UNSUPPORTED,
                       "the kind %s follows one thread, %s has several",
                       kind->name, run->workload->name);
    }
    if (kind->one_process && run->workload->needs & CAN_FORK) {
        return explain(&run->report->reason, STATUS_UNSUPPORTED,
                       "the kind %s follows one process, %s forks", kind->name,
                       run->workload->name);
    }
    const bool other =
        run->regime.other && !(run_capabilities(run) & CAN_THREADS);
    if (!missing && !other) {
        return STATUS_OK;
    }
    return explain(
        &run->report->reason, STATUS_UNSUPPORTED,
        "%s needs %s, which %s does not offer",
        missing ? run->workload->name : run->regime.label,
        capability_names[__builtin_ctz(missing ? missing : CAN_THREADS)],
        run->parts->allocator->allocator->name);
}

enum status admit_version(struct run *run)
{
    struct reason *reason = &run->report->reason;
    const char *version = run->report->identity.version;
    const char *fetched = run->parts->order->version;
    const char *typed = run->parts->allocator->address.version;
    if (fetched) {
        return *version == '\0' || versions_agree(version, fetched)
                   ? STATUS_OK
                   : explain(reason, STATUS_FAILED,
                             "version %.60s was fetched and this is %s: "
                             "fetch it again",
                             fetched, version);
    }
    if (typed && *version == '\0') {
        return explain(reason, STATUS_UNSUPPORTED,
                       "this library does not tell its version: leave out "
                       "@%.60s",
                       typed);
    }
    if (typed && !version_matches(version, typed)) {
        return explain(reason, STATUS_UNSUPPORTED,
                       "version %.60s is not installed: this is %s; "
                       "scripts/fetch-allocators brings others",
                       typed, version);
    }
    return STATUS_OK;
}
