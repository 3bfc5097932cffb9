"""What a look at a host found, each with what to do about it: a table of
functions, each of which judges one thing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from .. import words
from .sight import Sight

# good: as it should be; note: some figures are missing or noisier; limit:
# figures of `concerns` cannot be trusted to repeat.
State = Literal["good", "note", "limit"]
Concerns = Literal["memory", "time", "counts"]

# Above them other work, or other machines, take time from what is measured.
BUSY_LOAD = 0.25  # processes per CPU, mean over a minute
STEAL_SHARE = 0.01
PAGE_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Finding:
    id: str
    concerns: Concerns
    state: State
    seen: str
    remedy: str | None  # None: there is nothing to do


def of_sight(sight: Sight) -> list[Finding]:
    """All of them, in the order of the table."""
    return [Finding(name, concerns, *judge(sight))
            for name, concerns, judge in JUDGES]


Judgement = tuple[State, str, str | None]


def _growth(sight: Sight) -> Judgement:
    cell = sight.cell("memory")
    if cell is None:
        return ("limit", sight.why_not("memory"),
                "see docs/hosts.md for what a memory run needs of /proc")
    if cell.memory_source == "status":
        return ("limit", "neither smaps_rollup nor smaps: lazily freed "
                "memory is unknown, and growth with it",
                "use a kernel from 4.14 on, or mount /proc without hiding it")
    if cell.memory_source == "smaps":
        return ("note", "smaps, no smaps_rollup: the same figures, slower",
                "use a kernel from 4.14 on")
    return "good", "resident memory from smaps_rollup", None


def _page_truth(sight: Sight) -> Judgement:
    cell = sight.cell("memory")
    if cell is None or cell.base is None or cell.base.pages is None:
        what = "pages of another size than 4,096 bytes" \
            if sight.host.page_bytes != PAGE_BYTES else "no pagemap"
        return ("note", f"{what}: held, stranded and live waste are unknown",
                "run on pages of 4,096 bytes, as the owner of the process, "
                "with /proc/self/pagemap readable")
    return "good", "page truth from pagemap", None


def _same_addresses(sight: Sight) -> Judgement:
    cell = sight.cell("memory")
    if cell is None:
        return ("limit", "whether ASLR can be switched off is unknown: "
                f"{sight.why_not('memory')}",
                "see docs/hosts.md for what a memory run needs of /proc")
    if cell.aslr is not False:
        return ("limit", "addresses stay random: personality() is refused, "
                "so that equal runs differ by pages",
                "allow personality in the container's seccomp profile "
                "(docker: --security-opt seccomp=unconfined)")
    return "good", "ASLR can be switched off: memory repeats", None


def _huge_pages(sight: Sight) -> Judgement:
    if sight.host.thp != "always":
        return ("good", "transparent huge pages: "
                f"{words.clean(sight.host.thp or 'unknown')}", None)
    return ("limit", "transparent huge pages are always on: the kernel "
            "decides what is resident",
            "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled, or "
            "add +thp=off to every allocator")


def _khugepaged(sight: Sight) -> Judgement:
    daemon = sight.host.khugepaged
    if daemon is None or not daemon.defrag or sight.host.thp == "never":
        return "good", "khugepaged puts no huge pages together", None
    return ("note", "khugepaged may refill what was given back page by page "
            f"(max_ptes_none {daemon.max_ptes_none}), where huge pages are "
            "asked for",
            "echo 0 > /sys/kernel/mm/transparent_hugepage/khugepaged/"
            "max_ptes_none, or +thp=off")


def _swap(sight: Sight) -> Judgement:
    if sight.host.swap_bytes:
        return ("limit", f"{words.size(sight.host.swap_bytes)} of swap are "
                "in use: cells that are swapped out have no growth",
                "swapoff -a for the run, or give the machine more memory")
    if sight.swap_areas:
        return ("note", "swap is there and not in use",
                "swapoff -a keeps it so")
    return "good", "no swap", None


def _memory_limit(sight: Sight) -> Judgement:
    limit = sight.host.cgroup_memory_limit_bytes
    if limit is None:
        return "good", "no memory limit of a control group", None
    used = sight.host.cgroup_memory_used_bytes or 0
    return ("note", f"a control group leaves {words.size(limit - used)} of "
            f"{words.size(limit)}: cells beyond nine tenths of that fail",
            "raise the limit of the container, or ask for fewer objects")


def _charged(sight: Sight) -> Judgement:
    cell = sight.cell("memory")
    if cell is None or cell.base is None or cell.base.charged_bytes is None:
        return ("note", "no memory cgroup can be made for a cell: what the "
                "kernel bills is unknown",
                "run as root, or delegate a cgroup "
                "(systemd-run --user --scope -p Delegate=yes)")
    return "good", "each memory cell gets a memory cgroup of its own", None


def _cpus(sight: Sight) -> Judgement:
    if sight.host.cores == 1:
        return ("limit", "one CPU: times are taken beside what measures",
                "give the machine two CPUs")
    return ("good", words.count(sight.host.cores or 0, "CPU")
            if sight.host.cores else "CPUs unknown", None)


def _quota(sight: Sight) -> Judgement:
    quota_us = sight.host.cgroup_cpu_quota_us
    period_us = sight.host.cgroup_cpu_period_us
    cores = sight.host.cores
    if quota_us is None or not period_us \
            or (cores is not None and quota_us >= cores * period_us):
        return "good", "no quota of CPU time", None
    return ("note", f"a quota of {words.decimal(quota_us / period_us, 2)} "
            "CPUs: wall times hold its pauses",
            "lift the quota of the container (docker: no --cpus)")


def _load(sight: Sight) -> Judgement:
    load = (sight.host.load or (None,))[0]
    if load is None:
        return "note", "the load is unknown", None
    per_cpu = load / (sight.host.cores or 1)
    seen = f"load {words.decimal(load, 2)} over the last minute"
    if per_cpu <= BUSY_LOAD:
        return "good", seen, None
    return "note", f"{seen}: others compute here", "measure on an idle machine"


def _steal(sight: Sight) -> Judgement:
    if sight.steal_share is None:
        return "note", "/proc/stat does not tell what was stolen", None
    seen = (f"{words.decimal(100 * sight.steal_share, 1)} % of CPU time was "
            "stolen since the start")
    if sight.steal_share <= STEAL_SHARE:
        return "good", seen, None
    return ("note", f"{seen}: other guests share the CPUs",
            "take a dedicated machine, or more pairs")


def _governor(sight: Sight) -> Judgement:
    governor = sight.host.governor
    if governor is None:
        return "good", "no frequency governor is visible", None
    if governor == "performance":
        return "good", "frequency governor performance", None
    return ("note", f"frequency governor {words.clean(governor)}: clocks "
            "change with the load", "cpupower frequency-set -g performance")


def _callgrind(sight: Sight) -> Judgement:
    if sight.cell("instructions") is not None:
        return "good", "callgrind counts instructions exactly", None
    return ("note", f"no -k instructions: {sight.why_not('instructions')}",
            "install valgrind (scripts/setup does) and build again")


def _hardware(sight: Sight) -> Judgement:
    if sight.cell("hardware_instructions") is not None:
        return "good", "the processor counts instructions", None
    return ("note", "no -k hardware_instructions: "
            f"{sight.why_not('hardware_instructions')}",
            "use -k instructions instead")


def _seccomp(sight: Sight) -> Judgement:
    if sight.cell("traffic") is not None:
        return "good", "seccomp traps system calls: kernel traffic is seen", \
            None
    why = sight.why_not("traffic")
    if "trap" in (sight.seccomp_actions or "").split():
        return ("note", f"no -k traffic: {why}",
                "allow seccomp filters in the container")
    return ("note", "seccomp cannot trap system calls: kernel traffic is "
            f"unknown: {why}", "use a kernel with CONFIG_SECCOMP_FILTER")


def _single_calls(sight: Sight) -> Judgement:
    if sight.cell("stalls") is not None:
        return "good", "single calls can be timed", None
    return ("note", f"no -k stalls: {sight.why_not('stalls')}",
            "use -k timing, which times whole phases")


JUDGES: tuple[tuple[str, Concerns, Callable[[Sight], Judgement]], ...] = (
    ("growth", "memory", _growth),
    ("page_truth", "memory", _page_truth),
    ("same_addresses", "memory", _same_addresses),
    ("huge_pages", "memory", _huge_pages),
    ("khugepaged", "memory", _khugepaged),
    ("swap", "memory", _swap),
    ("memory_limit", "memory", _memory_limit),
    ("charged", "memory", _charged),
    ("single_calls", "time", _single_calls),
    ("cpus", "time", _cpus),
    ("cpu_quota", "time", _quota),
    ("load", "time", _load),
    ("steal", "time", _steal),
    ("governor", "time", _governor),
    ("callgrind", "counts", _callgrind),
    ("hardware_counter", "counts", _hardware),
    ("seccomp", "counts", _seccomp),
)
