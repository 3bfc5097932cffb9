"""The table of metrics: what each is called, means, and is made of.

Nothing is computed here: a formula is a function of metrics.py, and of
arenas.py, micro.py, processes.py, program_metrics.py, stalls.py, survivors.py, tax.py, traffic.py and
wake.py what is made of several cells, of several processes, of snapshots, or
of what one kind alone measures.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Metric:
    """`exact` metrics of single-threaded runs without ASLR repeat to the
    byte; `sampled` ones need statistics. `formula` is in the symbols of
    SYMBOLS."""

    id: str
    unit: str
    measure: Literal["exact", "sampled"]
    better: Literal["less", "more", "-"]
    meaning: str
    formula: str


SYMBOLS = """\
R growth, L live bytes, F = L in whole pages, t_f the last release, D a delay
after it, T 10 s; N objects, s the share of them that survives, stride =
max R / N; page figures and charged less the same at base.
"""

METRICS = (
    Metric("growth", "bytes", "exact", "less",
           "resident growth over base, at the end of a phase",
           "R = anonymous + shmem + hugetlb - lazily freed, less at base"),
    Metric("pss_growth", "bytes", "exact", "less",
           "what all processes of a workload that forks hold; all other "
           "figures of memory are of its first process alone",
           "PSS of anonymous and shared memory - lazily freed, summed over "
           "the processes, less at base"),
    Metric("private_growth", "bytes", "exact", "less",
           "of it, the pages that one process alone maps",
           "private pages - lazily freed, summed over the processes, less at "
           "base"),
    Metric("peak_growth", "bytes", "exact", "less",
           "greatest growth of build and drain", "max R"),
    Metric("blow_up", "ratio", "exact", "less",
           "peak over what was needed", "max R / max L"),
    Metric("realized_fragmentation", "%", "exact", "less",
           "surplus at the moment t* of the greatest growth",
           "R(t*) / L(t*) - 1"),
    Metric("kept", "%, bytes", "exact", "less",
           "what stays above the live bytes D after the last release",
           "(R(t_f + D) - F) / max L; in bytes R(t_f + D) - F"),
    Metric("returned", "%", "exact", "-",
           "share of the peak that is back after D; never for ranking",
           "(max R - R(t_f + D)) / (max R - F); null below 5 % of max L"),
    Metric("t50", "s", "sampled", "less",
           "time until half of the peak is back for good",
           "between the last sample with returned < 0.5 and the next"),
    Metric("t90", "s", "sampled", "less",
           "time until nine tenths of the peak are back for good",
           "between the last sample with returned < 0.9 and the next"),
    Metric("excess", "%", "sampled", "less",
           "mean kept over the seconds after the last release",
           "mean over T of (R - F) / max L on the timeline"),
    Metric("held", "bytes", "exact", "less",
           "resident pages without a live byte that trim gives back",
           "dead pages - dead pages after trim"),
    Metric("stranded", "bytes", "exact", "less",
           "resident pages without a live byte that trim leaves",
           "dead pages after trim"),
    Metric("live_page_waste", "bytes", "exact", "less",
           "dead bytes in resident pages that hold a live byte",
           "live pages - L"),
    Metric("what_if", "bytes", "exact", "-",
           "what would stay if memory went back in units of G",
           "resident pages in aligned units of G with a live byte"),
    Metric("release_granule", "bytes", "exact", "-",
           "unit in which memory goes back, from page truth over a sweep of "
           "survivors",
           "least G with resident - what_if(G) after trim = tables to 1 %"),
    Metric("release_granule_fit", "bytes", "sampled", "-",
           "the same from what scattered survivors keep after trim, R'",
           "stride ln(1 - R') / ln(1 - s), where 0.1 < R' = R / max R < 0.95"),
    Metric("cost", "CPU ns", "sampled", "less",
           "an allocation with its release, poke and trim included",
           "2 CPU(build, drain, poke, trim) / operations(build, drain)"),
    Metric("instructions", "instructions", "exact", "less",
           "an allocation with its release, poke and trim included; counted "
           "by callgrind, or by the processor",
           "2 instructions(build, drain, poke, trim) / operations(build, "
           "drain)"),
    Metric("phase_cost", "CPU ns", "sampled", "less",
           "one call of one phase", "CPU / operations"),
    Metric("micro", "ns", "sampled", "less",
           "an iteration of a micro-benchmark: CPU, and of several threads "
           "on the wall",
           "time / iterations, median of the loops of a process"),
    Metric("return_tax", "CPU s/GiB", "sampled", "less",
           "giving back while it runs, against a variant that never does",
           "median of CPU(on) - CPU(off) / GiB back; null below 10 %"),
    Metric("refill", "ratio", "sampled", "less",
           "CPU per call of the second build over the first",
           "CPU / operations (refill) over CPU / operations (build)"),
    Metric("refill_faults", "1/MiB", "exact", "less",
           "page faults of the second build per MiB it adds",
           "faults(refill) / (L(refill) - L(drain))"),
    Metric("stalls", "1/million, ns", "sampled", "less",
           "single calls above 1, 10 and 100 us, the 9,999th of 10,000, and "
           "the longest; allocations and releases apart",
           "10^6 calls above / calls; least time >= 99.99 % of the times"),
    Metric("kernel_traffic", "1/GiB, GiB/GiB", "exact", "less",
           "mmap, munmap, madvise, brk and mremap for each GiB asked for",
           "calls, bytes / bytes requested of build, drain, poke, trim"),
    Metric("wake_rate", "1/s", "sampled", "less",
           "least rate of requests from which on kept is below 10 %",
           "kept at the end of tick+rate=N, over rates N"),
    Metric("program_wall", "s", "sampled", "less",
           "a whole command from its start to its end",
           "wall time, by hyperfine"),
    Metric("program_cpu", "CPU s", "sampled", "less",
           "what a whole command and the children it waited for computed",
           "user + system time, by hyperfine"),
    Metric("program_peak", "bytes", "sampled", "less",
           "the most that all processes of a command had resident at once",
           "max of the sum of RSS, sampled; not below any VmHWM"),
    Metric("program_kept", "%, bytes", "sampled", "less",
           "what they have resident at the end of the phase `dropped`",
           "sum of RSS - lazily freed; in % over program_peak"),
    Metric("charged", "bytes", "exact", "less",
           "what the kernel bills the cell's own memory cgroup",
           "usage, less at base; marked if |charged - R| > 5 % of max R"),
    Metric("pinned_arenas", "arenas", "exact", "less",
           "arenas with a live block, at the end of a phase",
           "arenas with a pool in use"),
    Metric("scan_steps", "steps", "exact", "less",
           "arenas passed in search of an arena's new place, since the start",
           "counted by the allocator"),
    Metric("external_fragmentation", "%", "exact", "less",
           "free blocks and free pools over all bytes of arenas",
           "(available + unused pools) / all six parts of arenas"),
    Metric("internal_fragmentation", "%", "exact", "less",
           "bytes of allocated blocks that nobody asked for",
           "(allocated - L) / allocated"),
)
