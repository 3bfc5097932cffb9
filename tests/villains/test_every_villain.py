"""Each villain comes to its outcome with its reason, never to a figure, and
harms nobody else. Those whose figures stand are here too, with why.
"""

import os
from pathlib import Path

import every_villain
import pytest
import runs
from every_villain import KINDS, OK, VILLAINS, Villain
from test_limits import little  # noqa: F401  a fixture

FIGURES = ("base", "peak_rss_bytes", "timeline", "counter_inexact",
           "request_hash", "memory_source")


def check_cell(villain: Villain, cell: dict) -> None:
    outcome = villain.outcome_of(cell["kind"])
    assert cell["outcome"] == outcome, cell["reason"]
    if outcome == OK:
        assert cell["reason"] is None and cell["samples"]
        return
    assert villain.reason in cell["reason"]
    assert cell["reason"].isprintable()
    assert cell["signal"] == villain.signal
    assert cell["samples"] == []
    assert all(cell[field] is None for field in FIGURES)


def check(villain: Villain, results: runs.Results) -> None:
    """The villain's cells, the ones beside them, and the exit status."""
    for kind in KINDS:
        beside = results.one(allocator="system", kind=kind)
        assert beside["outcome"] == OK and beside["samples"]
        assert (beside["base"] is not None) == (kind == "memory")
        cell = results.one(allocator=villain.name, kind=kind)
        check_cell(villain, cell)
        if cell["outcome"] != OK:
            assert (f"{villain.name}: {cell['outcome']}: {cell['reason']}"
                    in results.err)
    assert results.exit_status == \
        (0 if villain.outcome in (OK, "unsupported") else 1)


def named(villains: list[Villain]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("villain", villains,
                                   ids=[row.name for row in villains])


@named([row for row in VILLAINS if not row.takes_all])
def test_a_villain_comes_to_its_outcome_alone(villain: Villain):
    if villain.library == "runs_out" and os.environ.get("GIVEBACK_SANITIZE"):
        pytest.skip("a sanitizer ends the store to NULL before the kernel")
    check(villain, every_villain.measure(villain))


@named([row for row in VILLAINS if row.takes_all])
def test_one_that_takes_all_is_ended_by_the_watchdog(
        little: list[str], villain: Villain):  # noqa: F811
    check(villain, every_villain.measure(villain, words=tuple(little)))


def test_one_that_fails_before_the_run_is_not_run(tmp_path: Path):
    """Two times the limit of time would pass otherwise."""
    villain = next(row for row in VILLAINS if row.library == "hangs_in_load")
    results = runs.run(tmp_path / "x.jsonl", "-a", villain.address, "-w",
                       every_villain.WORKLOAD, "--kind", "timing", "-p", 9,
                       "-t", 1)
    assert len(results.cells) == 9
    assert {(cell["outcome"], cell["reason"]) for cell in results.cells} == \
        {("timed_out", results.run["allocators"][0]["reason"])}


def test_what_the_reason_for_static_tls_advises_helps(tmp_path: Path):
    villain = next(row for row in VILLAINS if row.library == "needs_tls")
    without = every_villain.measure(villain)
    advice = without.one(allocator="needs_tls", kind="timing")["reason"]
    option, _, words = advice.partition("to give it more: ")[2].partition(" ")
    assert option == "--launcher"
    results = every_villain.measure(villain, option, words.strip("'"))
    assert {cell["outcome"] for cell in results.cells} == {OK}


def test_every_source_is_in_the_table():
    there = {path.stem for path in every_villain.SOURCES.glob("*.c")}
    told = {row.library for row in VILLAINS} | set(every_villain.ELSEWHERE)
    assert there == told
