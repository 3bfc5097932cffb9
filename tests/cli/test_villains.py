"""Allocators that misbehave: an outcome with its reason, never a figure.
"""

import os
from pathlib import Path

import pytest
import runs

FILL = "fill_drain+objects=20000"

# Name, outcome, signal, exit status, and what the reason says.
VILLAINS = (
    ("crashes", "crashed", "SIGSEGV", None,
     ("SIGSEGV (Segmentation fault) at address 0x5000 in fill after 4096 "
      "operations",)),
    ("runs_out", "crashed", "SIGSEGV", None,
     ("at address 0x0 (an allocation that returned NULL?) in fill",)),
    ("aborts", "crashed", "SIGABRT", None,
     ("SIGABRT (Aborted) in fill", ": villain: corrupted")),
    ("leaves", "failed", None, 0,
     ("the worker exited early with status 0 in fill",)),
    ("refuses", "failed", None, 0, ("alloc(16) returned NULL",)),
    ("lacks_free", "unsupported", None, 0,
     ("lacks_free.so has no free of its own: the one found lives in",
      "libc.so.6")),
    ("forwards", "unsupported", None, 0,
     ("forwards.so has no malloc of its own: the one found lives in",
      "libc.so.6")),
)


def measure(path: Path, name: str, kind: str) -> runs.Results:
    """The villain between two that are well."""
    return runs.run(path, "-a", "system,null", "-a", runs.villain(name),
                    "-w", FILL, "--kind", kind, "--after", "silent",
                    "--quick", "-r", 1, "-p", 1, "-t", 60)


def check_no_figures(cell: dict) -> None:
    assert cell["samples"] == []
    for field in ("base", "peak_rss_bytes", "timeline", "counter_inexact",
                  "request_hash"):
        assert cell[field] is None, field


@pytest.mark.parametrize("kind", ("memory", "timing"))
@pytest.mark.parametrize("name, outcome, signal, status, words", VILLAINS)
def test_a_villain_becomes_an_outcome(  # one row of the table above
        tmp_path: Path, name: str, outcome: str, signal: str | None,
        status: int | None, words: tuple[str, ...], kind: str):
    if name == "runs_out" and os.environ.get("GIVEBACK_SANITIZE"):
        pytest.skip("a sanitizer ends the store to NULL before the kernel")
    results = measure(tmp_path / "x.jsonl", name, kind)
    cell = results.one(allocator=name)
    assert (cell["outcome"], cell["signal"], cell["exit_status"]) == \
        (outcome, signal, status), cell["reason"]
    for word in words:
        assert word in cell["reason"]
    assert cell["reason"].isprintable()
    check_no_figures(cell)
    # The others are unharmed, and the exit status tells.
    assert results.one(allocator="system")["outcome"] == "ok"
    assert results.one(allocator="null")["outcome"] == "ok"
    assert results.exit_status == (0 if outcome == "unsupported" else 1)
    # Shown in words, in the progress and in the table.
    assert f"{name}: {outcome}: {cell['reason']}" in results.err
    assert outcome.replace("_", " ") in results.out.replace("_", " ")


def test_one_that_hangs_is_timed_out(tmp_path: Path):
    results = runs.run(tmp_path / "x.jsonl", "-a", "null", "-a",
                       runs.villain("hangs"), "-w", FILL, "--kind", "timing",
                       "-p", 1, "-t", 1)
    cell = results.one(allocator="hangs")
    assert cell["outcome"] == "timed_out"
    assert "not done after 1 s, in fill" in cell["reason"]
    assert "--time-limit" in cell["reason"]
    check_no_figures(cell)
    assert results.one(allocator="null")["outcome"] == "ok"
    assert results.exit_status == 1
