"""Makes lines of results files from the few figures a test is about.

Sizes are in MiB, times in seconds; everything else has a plain preset.
"""

MIB = 2**20
PAGE = 4096
GRANULES = ("4096", "8192", "16384", "32768", "65536", "262144", "1048576",
            "2097152")

HOST = {
    "machine_id": "5a", "cpu": "Test CPU", "cores": 2,
    "memory_bytes": 24 * 2**30, "available_bytes": 20 * 2**30,
    "kernel": "6.1.0", "libc": "glibc 2.36",
    "page_bytes": PAGE, "thp": "madvise",
    "khugepaged": {"defrag": 1, "max_ptes_none": 511}, "aslr": 2,
    "governor": None, "swap_bytes": 0, "cgroup_memory_limit_bytes": None,
    "cgroup_memory_used_bytes": None, "cgroup_cpu_quota_us": None,
    "cgroup_cpu_period_us": None,
    "virtualization": "kvm", "load": [0.5, 0.25, 0]}


def allocator(name: str, version: str | None = None, **changes) -> dict:
    entry = {"allocator": name, "address": name, "second_of": None,
             "outcome": "ok", "reason": None, "version": version, "library": None,
             "sha256": None, "build_id": None, "libc": None,
             "adapter": None, "fetched": None, "package": None,
             "environment": {},
             "options": {}}
    return entry | changes


def run_line(*allocators: dict, **changes) -> dict:
    row = {"type": "run", "schema": 1, "id": "r1",
           "started": "2026-11-22T09:31:36Z", "giveback": "0.1.0",
           "commit": "abc1234", "command": ["giveback", "run"], "counting": None, "seed": 1,
           "jobs": 2, "pairs": 6, "repetitions": 1,
           "memory_limit_bytes": None, "regimes": ["silent", "tick"],
           "settle_ns": 10 * 10**9, "host": dict(HOST),
           "allocators": list(allocators)}
    return row | changes


def pages(dead: float | None, live: float = 0) -> dict | None:
    if dead is None:
        return None
    return {"live_bytes": int(live * MIB), "dead_bytes": int(dead * MIB),
            "granules": {granule: int((dead + live) * MIB)
                         for granule in GRANULES},
            "map": None}


def base(anon: float = 1, dead: float | None = 0) -> dict:
    return {"rss_bytes": int((anon + 2) * MIB), "anon_bytes": int(anon * MIB),
            "shmem_bytes": 0, "hugetlb_bytes": 0, "lazy_free_bytes": 0,
            "huge_bytes": 0, "charged_bytes": None, "page_table_bytes": 40960,
            "mapping_count": 30, "statm_rss_bytes": int((anon + 2) * MIB),
            "swap_bytes": 0,
            "scratch_bytes": 0, "pages": pages(dead), "processes": None}


def sample(phase: str, growth: float | None = None, live: float = 0,
           since: float | None = None, cpu_ns: int = 0, operations: int = 0,
           dead: float | None = None, live_pages: float = 0,
           base_anon: float = 1, **changes) -> dict:
    """`growth` over a base of `base_anon`; None: no memory figures."""
    anon = None if growth is None else int((base_anon + growth) * MIB)
    rss = None if anon is None else anon + 2 * MIB
    zero = None if growth is None else 0
    row = {"phase": phase,
           "since_drain_ns": None if since is None else int(since * 10**9),
           "operations": operations, "live_blocks": 0,
           "live_bytes": int(live * MIB), "wall_ns": cpu_ns,
           "cpu_ns": cpu_ns, "minor_faults": 0, "major_faults": 0,
           "instructions": None,
           "rss_bytes": rss, "anon_bytes": anon, "shmem_bytes": zero,
           "hugetlb_bytes": zero, "lazy_free_bytes": zero,
           "huge_bytes": zero, "charged_bytes": None,
           "page_table_bytes": zero, "mapping_count": zero,
           "statm_rss_bytes": rss,
           "swap_bytes": zero, "pages": pages(dead, live_pages),
           "processes": None,
           "self": {"allocated_bytes": None, "arena_bytes": None,
                    "arenas_mapped": None, "arenas_unmapped": None},
           "arenas": None, "traffic": None}
    return row | changes


def cell(name: str, samples: list[dict], **changes) -> dict:
    row = {"type": "cell", "schema": 1, "run": "r1", "allocator": name,
           "workload": "fill_drain",
           "parameters": {"objects": 1000, "size": 16, "order": "fifo",
                          "start": "warm"},
           "kind": "memory", "after": "silent", "requests_per_s": None,
           "request_mix": None, "repetition": 0, "block": 0,
           "position": 0, "seed": 1, "aslr": False, "thp": "madvise",
           "threaded": False,
           "outcome": "ok", "reason": None, "exit_status": 0, "signal": None,
           "identity": {"library": None, "version": None, "sha256": None,
                        "build_id": None, "adapter": None},
           "affinity": [0, 1], "counter_inexact": False,
           "memory_source": "smaps_rollup",
           "instructions_source": None, "hardware_reason": None,
           "request_hash": None, "ended": "2026-11-22T09:32:00Z",
           "base": base(), "peak_rss_bytes": None, "samples": samples,
           "covers_all_threads": None, "stalls": None, "program": None,
           "timeline": None}
    return row | changes


def memory_cell(name: str, after: str, peak: float, kept: list[float],
                live: float = 160, trim: float | None = None,
                tail_operations: int = 1, **changes) -> dict:
    """`kept` is the growth at 0, 0.01, 0.1, 1 and 10 s, or as many."""
    times = (0, 0.01, 0.1, 1, 10)
    samples = [sample("fill", peak, live, cpu_ns=1000, operations=100),
               sample("drain", kept[0], since=0, operations=100,
                      dead=kept[0])]
    samples += [sample(after, growth, since=time, dead=max(0, growth))
                for growth, time in zip(kept[1:], times[1:])]
    if after == "silent":
        left = kept[-1] if trim is None else trim
        samples += [sample("poke", kept[-1], since=10.1, operations=2),
                    sample("trim", left, since=10.2, dead=max(0, left),
                           operations=tail_operations)]
    else:
        samples += [sample("refill", peak, live, since=10.1, cpu_ns=500,
                           operations=100)]
    samples += [sample("rest", 0, since=10.3)]
    high_water = {"peak_rss_bytes": int((peak + 3) * MIB)}
    if after != "silent":
        rate = after.partition("+rate=")[2]
        high_water |= {"requests_per_s": int(rate or 1000),
                       "request_mix": "same" if after.startswith("tick_same")
                       else "mixed"}
    return cell(name, samples, after=after, **(high_water | changes))


def timing_cell(name: str, cost_ns: float, block: int, **changes) -> dict:
    """100 allocations and 100 releases at `cost_ns` per pair: 100 pairs
    cost 100 * cost_ns, a tenth of it in the tail."""
    total_ns = int(100 * cost_ns)
    tail_ns = total_ns // 10
    samples = [sample("fill", cpu_ns=total_ns - 3 * tail_ns, operations=100,
                      live=160),
               sample("drain", cpu_ns=tail_ns, operations=100, since=0),
               sample("poke", cpu_ns=tail_ns, operations=2, since=0.1),
               sample("trim", cpu_ns=tail_ns, operations=1, since=0.2)]
    return cell(name, samples, **({
        "kind": "timing", "after": None, "repetition": block, "block": block,
        "base": None, "aslr": True} | changes))


def instructions_cell(name: str, per_pair: int, **changes) -> dict:
    """100 allocations and 100 releases of `per_pair` instructions for both,
    a tenth of them in the tail."""
    total = 100 * per_pair
    tail = total // 20
    samples = [sample("fill", instructions=total - 3 * tail, operations=100,
                      live=160),
               sample("drain", instructions=tail, operations=100, since=0),
               sample("poke", instructions=tail, operations=2, since=0.1),
               sample("trim", instructions=tail, operations=1, since=0.2)]
    return cell(name, samples, **({
        "kind": "instructions", "after": None, "base": None,
        "memory_source": None, "counter_inexact": None,
        "instructions_source": "callgrind",
        "hardware_reason": "no counter: none is offered"} | changes))


def micro_cell(name: str, block: int, *ns: float, **changes) -> dict:
    """A micro-benchmark of 1,000 iterations a loop; `ns` of each loop."""
    unknown = ("live_blocks", "live_bytes", "minor_faults", "major_faults")
    loops = [sample("loop", cpu_ns=int(1000 * one), operations=1000)
             | dict.fromkeys(unknown) for one in ns]
    return cell(name, loops, **({
        "workload": "pair", "parameters": {"size": 16, "start": "warm"},
        "kind": "micro", "after": None, "repetition": block, "block": block,
        "base": None, "aslr": True, "memory_source": None,
        "counter_inexact": None} | changes))


def failed_cell(name: str, outcome: str, reason: str, **changes) -> dict:
    return cell(name, [], **({
        "outcome": outcome, "reason": reason, "base": None,
        "exit_status": None} | changes))


def processes(count: int, pss: float, private: float = 0,
              lazy: float = 0) -> dict:
    return {"count": count, "pss_bytes": int(pss * MIB),
            "private_bytes": int(private * MIB),
            "lazy_free_bytes": int(lazy * MIB)}


def forked_cell(name: str, after: str = "silent", **changes) -> dict:
    """Two processes: 100 MiB before the fork, of which each copies a half;
    the first releases all it has."""
    row = memory_cell(name, after, 100, [1] * 5, workload="prefork")
    row["base"]["processes"] = processes(1, 2, 2)
    row["samples"].insert(1, sample("touched", 100, 100, processes=processes(
        2, 152, 102, lazy=10)))
    for one in row["samples"]:
        one["processes"] = one["processes"] or processes(2, 104, 103)
    row["samples"][0]["processes"] = processes(1, 102, 102)
    return row | changes


def traffic(requested: float = 0, **calls: tuple[int, float]) -> dict:
    """`mmap=(calls, MiB)` and so on; MiB that were asked for."""
    names = ("mmap", "munmap", "madvise", "brk", "mremap")
    found = {name: calls.get(name, (0, 0)) for name in names}
    return {"requested_bytes": int(requested * MIB)} | {
        name: {"calls": count, "bytes": int(size * MIB)}
        for name, (count, size) in found.items()}


def traffic_cell(name: str, **changes) -> dict:
    """Asks for 512 MiB by 8 mmaps, gives them back in poke and trim."""
    samples = [sample("fill", traffic=traffic(512, mmap=(8, 512))),
               sample("drain", since=0, traffic=traffic()),
               sample("poke", since=0.1, traffic=traffic(brk=(1, 0.25))),
               sample("trim", since=0.2, traffic=traffic(
                   madvise=(1000, 511)))]
    return cell(name, changes.pop("samples", samples), **({
        "kind": "traffic", "after": None, "base": None,
        "covers_all_threads": True} | changes))


def slow_call(duration_ns: int, **changes) -> dict:
    """Alone in its window, on the CPU all the time."""
    window = {"calls": 1, "wall_ns": duration_ns, "cpu_ns": duration_ns,
              "system_ns": 0, "minor_faults": 0, "major_faults": 0,
              "voluntary_switches": 0, "involuntary_switches": 0}
    window |= {key: changes.pop(key) for key in list(changes)
               if key in window}
    return {"call": "alloc", "phase": "fill", "phase_number": 1, "position": 1,
            "duration_ns": duration_ns, "window": window} | changes


def timed_calls(buckets: dict[int, int] | None = None,
                longest: list[dict] | None = None, **changes) -> dict:
    """`buckets`: least ns to calls."""
    buckets = buckets or {}
    row = {"calls": sum(buckets.values()), "above_1us": 0, "above_10us": 0,
           "above_100us": 0, "bucket_least_ns": sorted(buckets),
           "bucket_calls": [buckets[least] for least in sorted(buckets)],
           "longest": longest or []}
    return row | changes


def stalls_cell(name: str, alloc: dict | None = None,
                release: dict | None = None, trim: dict | None = None,
                **changes) -> dict:
    samples = [sample("fill"), sample("drain", since=0),
               sample("poke", since=0.1), sample("trim", since=0.2)]
    return cell(name, samples, **({
        "kind": "stalls", "after": None, "base": None, "aslr": True,
        "stalls": {"clock_ns": 25, "alloc": alloc or timed_calls(),
                   "release": release or timed_calls(),
                   "trim": trim or timed_calls()}} | changes))


def program(**changes) -> dict:
    row = {"executable": "/usr/bin/python3.11", "is_python": True,
           "preload": None, "environment": {"PYTHONMALLOC": "malloc"},
           "cleared": {}, "links": [], "without": [], "most_processes": 1,
           "left_processes": 0, "timer": None}
    return row | changes


def _of_program(kind: str, block: int, about: dict, changes: dict) -> dict:
    return {"workload": "python3", "kind": kind, "after": None,
            "parameters": {"command": "python3 x.py", "start": "cold"},
            "base": None, "repetition": block, "block": block,
            "seed": 1 + block, "counter_inexact": None,
            "program": program(**about)} | changes


def program_cell(name: str, peak: float, kept: float | None, block: int = 0,
                 about: dict | None = None, **changes) -> dict:
    """MiB at the peak, and at the end of `dropped`; None: no such phase."""
    samples = [sample("start", peak, base_anon=0),
               sample("peak", peak, base_anon=0)]
    if kept is not None:
        samples.append(sample("dropped", kept, base_anon=0))
    for one in samples:
        one["rss_bytes"] = one["anon_bytes"]
        one["processes"] = processes(1, 1)
    return cell(name, changes.pop("samples", samples), **_of_program(
        "program", block, about or {},
        {"peak_rss_bytes": int(peak * MIB)} | changes))


def program_timing_cell(name: str, cpu_ms: float, block: int = 0,
                        about: dict | None = None, **changes) -> dict:
    samples = [sample("start", wall_ns=int(cpu_ms * 2e6),
                      cpu_ns=int(cpu_ms * 1e6))]
    return cell(name, changes.pop("samples", samples), **_of_program(
        "program_timing", block, {"timer": "hyperfine 1.15.0"}
        | (about or {}), {"memory_source": None, "aslr": True} | changes))
