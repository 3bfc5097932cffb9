"""The mutations that at least one test must notice: each a way to lie."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutation:
    name: str
    path: str
    old: str  # stands exactly once in the file
    new: str
    tests: str  # ctest -R: where it must be noticed


MUTATIONS = (
    Mutation("subtract no base", "scripts/giveback/metrics.py",
             "    return sample_bytes - base_bytes\n",
             "    return sample_bytes\n",
             "^scripts"),
    Mutation("read ru_maxrss", "harness/meter_linux.c",
             "    proc_fields(text, read_text(status_fd), fields);\n"
             "    return peak_bytes;\n",
             "    struct rusage rusage;\n"
             "    proc_fields(text, read_text(status_fd), fields);\n"
             "    (void)getrusage(RUSAGE_SELF, &rusage);\n"
             "    return (uint64_t)rusage.ru_maxrss * 1024;\n",
             "^instrument"),
    Mutation("count lazily freed memory as resident",
             "scripts/giveback/metrics.py",
             "    return sum(parts) - memory.lazy_free_bytes\n",
             "    return sum(parts)\n",
             "^scripts"),
    Mutation("skip the check of a symbol's home",
             "allocators/support/private_library.c",
             "symbol.address = map == library->map ? address : NULL;",
             "symbol.address = address;",
             "^unit.private_library|^cli"),
    Mutation("sample with printf", "harness/run.c",
             "    run->meter->read_usage(&now);\n"
             "    struct phase *merged",
             "    run->meter->read_usage(&now);\n"
             "    (void)dprintf(1, \"%s\\n\", phase->name);\n"
             "    struct phase *merged",
             "^instrument"),
    Mutation("swap two allocators' rows", "harness/conduct.c",
             "        .allocator = cell->allocator->chosen.typed,\n"
             "        .workload",
             "        .allocator = conduct->plan->allocators[0].chosen.typed,\n"
             "        .workload",
             "^cli|^contract|^instrument"),
    Mutation("drop a failed cell", "harness/conduct.c",
             "    if (conclusion->status == STATUS_OK) {\n",
             "    if (conclusion->status == STATUS_OK &&\n"
             "        ending->outcome == OUTCOME_OK) {\n",
             "^cli"),
    Mutation("ignore the exit status", "harness/child.c",
             "    if (exit_status == 0 && report->complete &&\n",
             "    if ((exit_status == 0 || report->status == STATUS_OK) &&\n",
             "^cli"),
    Mutation("count refilled memory in the peak", "harness/run.c",
             "    run->report->peak_rss_bytes = run->meter->read_peak();\n"
             "    call_turn(turns->settling, turns->context);\n"
             "    const enum status status = run_regime(run, regime, "
             "order->settle_ns);\n"
             "    call_turn(turns->take_turn, turns->context);\n"
             "    return status == STATUS_OK ? run_tail(run, regime) : status;\n",
             "    call_turn(turns->settling, turns->context);\n"
             "    enum status status = run_regime(run, regime, "
             "order->settle_ns);\n"
             "    call_turn(turns->take_turn, turns->context);\n"
             "    status = status == STATUS_OK ? run_tail(run, regime) : "
             "status;\n"
             "    run->report->peak_rss_bytes = run->meter->read_peak();\n"
             "    return status;\n",
             "^unit|^instrument"),
    Mutation("let the figures of a failed cell through", "harness/encode.c",
             "    if (ending->outcome == OUTCOME_OK) {\n"
             "        put_figures",
             "    if (true) {\n"
             "        put_figures",
             "^unit|^cli"),
)
