"""The kind `traffic`: system calls as the kernel sees them."""

import os
import re
import shutil
from pathlib import Path

import pytest
import runs

NAMES = ("mmap", "munmap", "madvise", "brk", "mremap")
WORKLOAD = "fill_drain+objects=1000000"
LINE = re.compile(r"\d+ +(\w+)\((.*)\) += (\S+)")

# A sanitizer's own memory comes and goes by the same calls.
plain = pytest.mark.skipif(bool(os.environ.get("GIVEBACK_SANITIZE")),
                           reason="a sanitizer makes calls of its own")


def supported(results: runs.Results) -> runs.Results:
    refused = [cell["reason"] for cell in results.cells
               if cell["outcome"] == "unsupported"]
    if refused and all("trapped" in reason or "seccomp" in reason
                       for reason in refused):
        pytest.skip(refused[0])
    return results


def counted(cell: dict) -> list[dict[str, tuple[int, int]]]:
    """Calls and bytes of every phase that made a call, in order."""
    found = [{name: (one["calls"], one["bytes"]) for name in NAMES
              if (one := row["traffic"][name])["calls"]}
             for row in cell["samples"]]
    return [phase for phase in found if phase]


def moved(name: str, arguments: list[str], result: str,
          brk: int) -> int:
    """Bytes, by the definition of results/README.md."""
    if name == "brk":
        return abs(int(result, 16) - brk)
    if result.startswith("-"):
        return 0
    if name == "mremap":
        return abs(int(arguments[2]) - int(arguments[1]))
    return int(arguments[1])


def traced(path: Path) -> list[dict[str, tuple[int, int]]]:
    """The same out of strace's file. The worker reads its usage where a
    phase begins and ends: what lies between two readings is one phase, and
    what lies before the first is none."""
    phases: list[dict[str, tuple[int, int]]] = []
    brk = 0
    for line in path.read_text().splitlines():
        if not (match := LINE.match(line)):
            continue
        name, arguments, result = match[1], match[2].split(", "), match[3]
        if name == "getrusage":
            phases.append({})
            continue
        size = moved(name, arguments, result, brk)
        brk = int(result, 16) if name == "brk" else brk
        if phases:
            calls, total = phases[-1].get(name, (0, 0))
            phases[-1][name] = calls + 1, total + size
    return [phase for phase in phases if phase]


@plain
@pytest.mark.parametrize("allocator", ("system", "mimalloc",
                                       "pymalloc:3.10"))
def test_counts_equal_those_of_strace(tmp_path: Path, allocator: str):
    strace, setarch = shutil.which("strace"), shutil.which("setarch")
    if strace is None or setarch is None:
        pytest.skip("strace and setarch are not installed: run scripts/setup")
    results = supported(runs.run(
        tmp_path / "traffic.jsonl", "-a", allocator, "-w", WORKLOAD,
        "-k", "traffic", "-r", 1))
    log = tmp_path / "strace.txt"
    # Addresses as in a traffic cell; a kind that makes no calls of its own.
    launcher = (f"{setarch} -R {strace} -f -o {log} "
                f"-e trace={','.join(NAMES)},getrusage")
    beside = runs.run(
        tmp_path / "traced.jsonl", "-a", allocator, "-w", WORKLOAD,
        "-k", "timing", "-p", 1, "--launcher", launcher)
    if beside.cells[0]["outcome"] == "unsupported":
        pytest.skip(beside.cells[0]["reason"])
    if beside.cells[0]["outcome"] != "ok":
        pytest.skip(f"strace cannot trace: {beside.cells[0]['reason']}")
    assert counted(results.cells[0]) == traced(log)
    assert counted(results.cells[0]) != []


@plain
def test_arenas_are_mapped_one_by_one(tmp_path: Path):
    """256 KiB hold 16,129 to 16,383 blocks of 16 bytes at the most."""
    cell = supported(runs.run(tmp_path / "x.jsonl", "-a", "pymalloc:3.9", "-w",
                              WORKLOAD, "-k", "traffic", "-r", 1)).cells[0]
    fill = runs.phase(cell, "fill")["traffic"]
    assert 61 <= fill["mmap"]["calls"] <= 63
    assert fill["requested_bytes"] == 16000000
    assert cell["aslr"] is False
    assert cell["covers_all_threads"] is True


@plain
def test_decay_0_advises_about_once_per_slab(tmp_path: Path):
    result = supported(runs.run(tmp_path / "x.jsonl", "-a",
                                "jemalloc:decay_0", "-w", WORKLOAD, "-k",
                                "traffic", "-r", 1))
    cell = result.cells[0]
    if cell["outcome"] == "unsupported":
        pytest.skip(cell["reason"])
    slabs = 16000000 // 4096
    drain = runs.phase(cell, "drain")["traffic"]
    assert 0.9 * slabs <= drain["madvise"]["calls"] <= 1.1 * slabs


@plain
def test_threads_of_the_library_are_named_as_not_covered(tmp_path: Path):
    result = supported(runs.run(
        tmp_path / "x.jsonl", "-a", "jemalloc:background_thread", "-w",
        "fill_drain+objects=1000", "-k", "traffic", "-r", 1))
    if result.cells[0]["outcome"] == "unsupported":
        pytest.skip(result.cells[0]["reason"])
    assert result.cells[0]["covers_all_threads"] is False
    assert "not in the count" in " ".join(result.out.split())


def test_other_kinds_have_no_traffic(tmp_path: Path):
    cell = runs.run(tmp_path / "x.jsonl", "-a", "system", "-w",
                    "fill_drain+objects=1000", "-k", "timing", "-p",
                    1).cells[0]
    assert {row["traffic"] for row in cell["samples"]} == {None}
    assert cell["covers_all_threads"] is None
