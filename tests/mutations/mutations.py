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
             "^cli.run|^instrument.rows"),
    Mutation("write two allocators' names into each other's rows",
             "harness/encode.c",
             "    put(key, \"allocator\", text(cell->allocator->chosen.label));\n",
             "    const struct cell *beside = cell->position % 2 ? cell - 1\n"
             "                                                   : cell + 1;\n"
             "    put(key, \"allocator\", "
             "text(beside->allocator->chosen.label));\n",
             "^cli.run|^instrument.rows"),
    Mutation("take figures of another library than the run's",
             "harness/conduct.c",
             "        strcmp(planned->sha256, flight->child.report->sha256) "
             "!= 0) {\n",
             "        strcmp(planned->sha256, planned->sha256) != 0) {\n",
             "^hosts.lies"),
    Mutation("take a cell without figures for measured", "harness/conduct.c",
             "        (report->sample_count == 0 ||\n",
             "        (false ||\n",
             "^hosts.lies"),
    Mutation("go on behind another launcher", "harness/verb_run.c",
             "        same = strcmp(ours->items[i], theirs->items[i]) == 0;\n",
             "        same = ours->items[i][0] == theirs->items[i][0];\n",
             "^hosts.resumed"),
    Mutation("let a result file choose a launcher", "harness/verb_run.c",
             "    const char *what = recorded->launcher.count ? "
             "\"a launcher\" : NULL;\n",
             "    const char *what = NULL;\n",
             "^hosts.resumed"),
    Mutation("drop a failed cell", "harness/conduct.c",
             "    if (conclusion->status == STATUS_OK) {\n",
             "    if (conclusion->status == STATUS_OK &&\n"
             "        ending->outcome == OUTCOME_OK) {\n",
             "^cli"),
    Mutation("ignore the exit status", "harness/child.c",
             "    if (exit_status == 0 && is_whole(report)) {\n",
             "    if (is_whole(report)) {\n",
             "^unit.child|^cli.villains"),
    Mutation("take a crash at the end for an end", "harness/child.c",
             "    if (WIFSIGNALED(status)) {\n",
             "    if (WIFSIGNALED(status) && !is_whole(report)) {\n",
             "^unit.child|^cli.villains"),
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
             "^unit.run|^instrument"),
    Mutation("let the figures of a failed cell through", "harness/encode.c",
             "    if (ending->outcome == OUTCOME_OK) {\n"
             "        put_figures",
             "    if (true) {\n"
             "        put_figures",
             "^unit.record|^cli"),
)
