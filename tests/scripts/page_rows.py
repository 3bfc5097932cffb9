"""Results for the tests of `giveback report`: a run with every chart, and
runs that leave little to draw."""

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


def two_runs() -> list[dict]:
    return [*one_cell(), *[row | ({"id": "r2"} if row["type"] == "run"
                                  else {"run": "r2"}) for row in one_cell()]]


def of_the_same_workload_name() -> list[dict]:
    """Two sets of parameters: anchors must differ."""
    return [*one_cell(), make.memory_cell("system", "silent", 320, [320] * 5,
                                          parameters={"objects": 5})]


SPARSE = {each.__name__: each for each in (
    failures_only, one_cell, no_timing, no_memory, unknown_figures, nothing,
    two_runs, of_the_same_workload_name)}
CASES = {**SPARSE, "full": full, "hostile": lambda: full(EVIL),
         "a_huge_name": lambda: full("n" * 100_000)}
