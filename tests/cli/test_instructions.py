"""Cells that count instructions: where they can be counted, what is recorded
and what is shown; and what is said where they cannot."""

import os
import shutil
from pathlib import Path

import pytest
import runs

TINY = ("-w", "fill_drain+objects=1000", "-r", 1)
COUNTED = ("--kind", "instructions")
HARDWARE = ("--kind", "hardware_instructions")

needs_valgrind = pytest.mark.skipif(
    shutil.which("valgrind") is None
    or bool(os.environ.get("GIVEBACK_SANITIZE")),
    reason="needs valgrind, and a program without sanitizers")


def shown(results: runs.Results) -> str:
    """The table as one line: its sentences may be wrapped."""
    return " ".join(results.out.split())


@needs_valgrind
def test_each_phase_has_its_count_and_system_stands_first(tmp_path: Path):
    results = runs.run(tmp_path / "x.jsonl", "-a", "null,system", *TINY,
                       *COUNTED)
    assert results.exit_status == 0
    for cell in results.cells:
        assert cell["instructions_source"] == "callgrind"
        assert [row["phase"] for row in cell["samples"]] == [
            "fill", "drain", "poke", "trim"]
        assert all(row["instructions"] > 0 for row in cell["samples"])
    table = results.out.split("instructions by callgrind")[1]
    assert table.index("\nsystem") < table.index("\nnull")
    assert " 1.00 " in table


@needs_valgrind
def test_the_time_limit_leaves_room_for_valgrind(tmp_path: Path):
    results = runs.run(tmp_path / "x.jsonl", "-a", "system", "-w",
                       "fill_drain+objects=400000", "-r", 1, *COUNTED, "-t",
                       1)
    assert results.cells[0]["outcome"] == "ok", results.cells[0]["reason"]


@needs_valgrind
def test_who_crashes_under_valgrind_alone_is_unsupported(tmp_path: Path):
    cell = runs.run(tmp_path / "x.jsonl", "-a", "scudo", *TINY,
                    *COUNTED).cells[0]
    if cell["identity"] is None:
        pytest.skip(cell["reason"])
    assert cell["outcome"] == "unsupported"
    assert cell["reason"].startswith("under valgrind: ")
    assert cell["instructions_source"] is None and cell["samples"] == []


def test_without_valgrind_cells_are_unsupported_and_say_why(tmp_path: Path):
    results = runs.run(tmp_path / "x.jsonl", "-a", "null", *TINY, *COUNTED,
                       PATH=str(tmp_path))
    assert results.exit_status == 0
    cell = results.cells[0]
    assert cell["outcome"] == "unsupported"
    assert "install" in cell["reason"] and "valgrind" in cell["reason"]
    assert "unsupported" in shown(results)


def test_the_processors_counts_or_why_there_are_none(tmp_path: Path):
    results = runs.run(tmp_path / "x.jsonl", "-a", "null", *TINY, *HARDWARE)
    cell = results.cells[0]
    assert results.exit_status == 0
    if cell["outcome"] == "ok":
        assert cell["instructions_source"] == "perf"
        assert cell["hardware_reason"] is None
        assert runs.phase(cell, "fill")["instructions"] > 1000
        return
    assert cell["outcome"] == "unsupported"
    assert cell["reason"] == cell["hardware_reason"]
    assert "perf_event_open" in cell["reason"]
    assert cell["reason"] in shown(results)


def test_other_kinds_record_nothing_of_it(tmp_path: Path):
    cell = runs.run(tmp_path / "x.jsonl", "-a", "null", *TINY, "--kind",
                    "timing", "-p", 1).cells[0]
    assert cell["instructions_source"] is cell["hardware_reason"] is None
    assert {row["instructions"] for row in cell["samples"]} == {None}
