"""Results for the tests of `giveback report`: a run with every chart, and
runs that leave little to draw."""

import random

import rows_maker as make

MIB = make.MIB
EVIL = "</script><script>throw 1</script><!--<img src=x onerror=alert(1)>"


def timeline(peak: float, kept: float) -> dict:
    """Up within a second, down to `kept` at 0, MiB."""
    return {"t_ns": [-10**9, -5 * 10**8, 0, 10 * 10**9],
            "resident_bytes": [0, int(peak * MIB), int(kept * MIB),
                               int(kept * MIB)],
            "live_bytes": [0, 160 * MIB, 0, 0]}


def full(name: str = "b") -> list[dict]:
    """The reference and `name` in all charts; one that crashed, one that was
    not there; two regimes, the second without page truth of its own."""
    missing = make.allocator("gone", outcome="unsupported",
                             reason="not installed")
    lines = [make.run_line(make.allocator("system", "glibc 2.36"),
                           make.allocator(name, "1.0"),
                           make.allocator("bad"), missing)]
    for after in ("silent", "tick"):
        lines += [make.memory_cell("system", after, 320, [320] * 5, trim=2,
                                   timeline=timeline(320, 320)),
                  make.memory_cell(name, after, 160, [8, 4, 2, 1, 1],
                                   tail_operations=0,
                                   timeline=timeline(160, 8)),
                  make.failed_cell("bad", "crashed", "SIGSEGV in fill",
                                   after=after)]
    return lines + [make.timing_cell(each, cost + block, block)
                    for block in range(6)
                    for each, cost in (("system", 30), (name, 60))]


def failures_only() -> list[dict]:
    return [make.run_line(make.allocator("bad")),
            make.failed_cell("bad", "crashed", "SIGSEGV in fill")]


def one_cell() -> list[dict]:
    return [make.run_line(make.allocator("system")),
            make.memory_cell("system", "silent", 320, [320] * 5)]


def no_timing() -> list[dict]:
    return [row for row in full() if row.get("kind") != "timing"]


def no_memory() -> list[dict]:
    return [row for row in full() if row.get("kind") != "memory"]


def unknown_figures() -> list[dict]:
    """Cells that ended well and say nothing; a kind nobody knows."""
    base = dict.fromkeys(make.base()) | {"scratch_bytes": 0}
    samples = [make.sample("fill"), make.sample("drain", since=0)]
    return [make.run_line(make.allocator("system")),
            make.cell("system", samples, base=base),
            make.cell("system", [], kind="of_tomorrow", after=None)]


def nothing() -> list[dict]:
    return [make.run_line(make.allocator("system"))]


def renamed(rows: list[dict], name: str) -> list[dict]:
    """The same rows as another run."""
    return [row | ({"id": name} if row["type"] == "run" else {"run": name})
            for row in rows]


def two_runs() -> list[dict]:
    return [*one_cell(), *renamed(one_cell(), "r2")]


def family() -> list[dict]:
    """Two settings of one allocator beside another."""
    names = ("system", "pymalloc:2.3", "pymalloc:3.10")
    return [make.run_line(*map(make.allocator, names)),
            *[make.memory_cell(name, "silent", 320, [320] * 5,
                               timeline=timeline(320, 320))
              for name in names]]


def sampled_timeline(noise: random.Random, points: int = 1900) -> dict:
    """As a run has them: about each millisecond a point; memory grows for
    two thirds of them and then stays."""
    times, sizes, live = [-(10**6) * points], [0], [0]
    for index in range(points):
        grows = index < points * 2 // 3
        times.append(times[-1] + 10**6 + noise.randrange(-10**5, 10**5))
        sizes.append(sizes[-1] + grows * make.PAGE * noise.randrange(30, 40))
        live.append(live[-1] + grows * 65536 * noise.randrange(1, 4))
    return {"t_ns": times, "resident_bytes": sizes, "live_bytes": live}


def default_matrix() -> list[dict]:
    """The 240 cells of the suite headline: 60 with a timeline, 180 timed."""
    noise = random.Random(1)
    names = [f"a{index}" for index in range(6)]
    cells = [make.memory_cell(name, after, 320, [320] * 5,
                              timeline=sampled_timeline(noise),
                              workload=workload)
             for workload in "vwxyz" for name in names
             for after in ("silent", "tick")]
    return [make.run_line(*map(make.allocator, names)), *cells,
            *[make.timing_cell(name, 30 + block, block, workload=workload)
              for workload in "vwxyz" for name in names
              for block in range(6)]]


def many_cells(count: int) -> list[dict]:
    """As many cells, of 10 workloads, each with a timeline."""
    names = [f"a{index}" for index in range(10)]
    return [make.run_line(*map(make.allocator, names))] + [
        make.memory_cell(
            names[index % 10], "silent", 320, [320] * 5,
            timeline=timeline(320, 320), workload=f"w{index // 10 % 10}",
            repetition=index // 100) for index in range(count)]


def of_the_same_workload_name() -> list[dict]:
    """Two sets of parameters: anchors must differ."""
    return [*one_cell(), make.memory_cell("system", "silent", 320, [320] * 5,
                                          parameters={"objects": 5})]


ARENAS = {"arena_bytes": 4 * 16384, "pool_bytes": 16384,
          "allocated_bytes": 1000, "available_bytes": 300,
          "unused_pools_bytes": 500, "pool_headers_bytes": 96,
          "quantization_bytes": 4, "arena_alignment_bytes": 100,
          "scan_steps": 0, "pools_purged": 0}
MAPS = {"fill": ["0:4F*3"], "drain": ["0:F2-a", "2:4-"],
        "silent": ["0:F2-a", "2:4-"], "poke": ["0:F2-a"]}


def with_arenas(row: dict) -> dict:
    """The same cell, of an allocator that shows arenas up to the poke."""
    for sample in row["samples"]:
        if sample["phase"] in MAPS:
            sample["arenas"] = ARENAS | {"map": MAPS[sample["phase"]]}
    return row


def survivors_cell(name: str, keep: int, left: float, **changes) -> dict:
    """10 Mi objects of 16 bytes, one in `keep` survives; `left` MiB stay
    after the trim, of which each page is in a unit of 4 KiB with a live
    byte."""
    row = make.memory_cell(
        name, "silent", 160, [160] * 5, trim=left, workload="survivors",
        parameters={"objects": 10485760, "size": 16, "keep": keep,
                    "pattern": "scattered", "run": 1000, "order": "fifo",
                    "start": "warm"}, **changes)
    for sample in row["samples"]:
        is_full = sample["phase"] == "fill"
        sample["live_blocks"] = 10485760 // (1 if is_full else keep)
        sample["live_bytes"] = 16 * sample["live_blocks"]
        if sample["phase"] in ("drain", "trim"):
            all_mib = 160 if sample["phase"] == "drain" else left
            sample["pages"] = make.pages(all_mib - left, left) | {
                "granules": {unit: int((left if int(unit) < 2**21 else all_mib)
                                       * MIB) for unit in make.GRANULES},
                "map": in_two_halves(int(left), int(all_mib))}
    row["base"]["pages"]["map"] = {"unit_bytes": 4096, "stretches": []}
    return row


def in_two_halves(live: int, all_mib: int) -> dict:
    """80 units of 2 MiB, half of them far from the others, all alike."""
    pages = [mib * 256 // 80 for mib in (live, all_mib - live)]
    return {"unit_bytes": 2 * MIB, "stretches": [
        f"{first}:{pages[0]}+{pages[1]}*40" for first in (1000, 70_000_000)]}


def every_part(name: str = "b") -> list[dict]:
    """Figures for every part of the page; `bad` crashes in each of them."""
    missing = make.allocator("gone", outcome="unsupported",
                             reason="not installed")
    lines = [make.run_line(make.allocator("system", "glibc 2.36"),
                           make.allocator(name, "1.0"),
                           make.allocator("bad"), missing)]
    lines += [survivors_cell(*figures) for figures in (
        ("system", 16, 160), ("system", 1024, 40), (name, 16, 160),
        (name, 1024, 80))]
    lines += [survivors_cell(name, 1024, 120, repetition=1, seed=2),
              make.failed_cell("bad", "crashed", "SIGSEGV in fill",
                               workload="survivors",
                               parameters=lines[1]["parameters"])]
    lines += [with_arenas(make.memory_cell(name, "silent", 160, [8] * 5,
                                           tail_operations=0))]
    lines += [make.memory_cell(each, f"tick+rate={rate}", 320,
                               [320, 320, 320, 320, kept])
              for each, rate, kept in (
                  ("system", 0, 320), ("system", 10, 320),
                  ("system", 1000, 8), (name, 10, 1), (name, 1000, 1))]
    slow = make.slow_call(2 * 10**6, phase="poke", position=7)
    calls = make.timed_calls({40: 999_980, 2000: 10, 10**6: 10}, [slow],
                             above_1us=20, above_10us=10)
    for each in ("system", name):
        lines += [make.stalls_cell(each, calls, make.timed_calls({30: 100})),
                  make.traffic_cell(each, covers_all_threads=each != name)]
    return lines + [make.failed_cell("bad", "crashed", "SIGSEGV in fill",
                                     kind=kind, after=None)
                    for kind in ("stalls", "traffic")]


SPARSE = {each.__name__: each for each in (
    failures_only, one_cell, no_timing, no_memory, unknown_figures, nothing,
    two_runs, of_the_same_workload_name)}
CASES = {**SPARSE, "full": full, "every_part": lambda: every_part(EVIL),
         "hostile": lambda: full(EVIL),
         "a_huge_name": lambda: full("n" * 100_000)}
