"""A worker that exits well is believed only as far as its report goes: what
it did not measure, or not of the library that the run names, is no figure."""

from pathlib import Path

import pytest
import runs
from elsewhere import MEMORY, TIMING, launcher

OVERWROTE = ("the worker ended well but left no figures: something overwrote "
             "its report")


def behind(how: str) -> tuple[str, str]:
    return "--launcher", f"{launcher('lie')} {how}"


def claimed(path: Path, how: str, *arguments: object) -> tuple[dict, int]:
    results = runs.run(path, *arguments, *behind(how))
    cell, = results.cells
    return cell, results.exit_status


@pytest.mark.parametrize("arguments", (MEMORY, TIMING),
                         ids=("memory", "timing"))
def test_nothing_else_is_wrong_with_these_reports(
        tmp_path: Path, arguments: tuple[str, ...]):
    """The control. Its zeros are no good samples, so that the file does not
    keep the schema; `null` has no library whose hash would have to agree."""
    path = tmp_path / "x.jsonl"
    ended = runs.giveback("run", "-a", "null", *arguments[2:], "-o", path,
                          *behind("nothing_wrong"))
    cell, = runs.read(path).cells
    assert (cell["outcome"], cell["reason"]) == ("ok", None), ended.stderr
    assert [row["phase"] for row in cell["samples"]] == ["fill"]


@pytest.mark.parametrize(("how", "arguments"), (
    ("no_samples", MEMORY), ("no_samples", TIMING), ("no_memory", MEMORY)),
    ids=("memory without samples", "timing without samples",
         "memory without a base"))
def test_an_end_without_figures_is_no_measurement(
        tmp_path: Path, how: str, arguments: tuple[str, ...]):
    cell, status = claimed(tmp_path / "x.jsonl", how, "-a", "null",
                           *arguments[2:])
    assert (cell["outcome"], cell["reason"]) == ("failed", OVERWROTE)
    assert cell["samples"] == [] and cell["base"] is None
    assert status == 1


@pytest.mark.parametrize("how", ("other_library", "nothing_wrong"))
@pytest.mark.parametrize("arguments", (MEMORY, TIMING),
                         ids=("memory", "timing"))
def test_another_library_than_the_run_began_with_has_no_figures(
        tmp_path: Path, how: str, arguments: tuple[str, ...]):
    """An upgrade in the middle of a night's run; a worker that does not say
    which library it had is no better."""
    cell, status = claimed(tmp_path / "x.jsonl", how, *arguments)
    assert cell["allocator"] == "system"
    assert cell["outcome"] == "failed"
    assert cell["reason"].endswith("libc.so.6 changed during the run")
    assert cell["samples"] == [] and cell["base"] is None
    assert status == 1
