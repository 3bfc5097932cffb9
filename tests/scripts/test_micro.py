"""Rows of micro-benchmarks: the formula, worked out by hand, and what show,
compare, export and merge make of them."""

import csv
import io
import json

import pytest
import rows_maker as make
from giveback import micro
from giveback.decode import decode
from giveback.rows import Cell


def cell_of(row: dict) -> Cell:
    return decode(Cell, row, "")


def run_of(*cells: dict) -> list[dict]:
    run = make.run_line(make.allocator("a"), make.allocator("b"),
                        regimes=[], settle_ns=0,
                        command=["giveback", "micro"])
    return [run, *cells]


def pairs(count: int, ratio: float) -> list[dict]:
    """Blocks of a and b, of which b takes `ratio` times as long."""
    return [make.micro_cell(name, block, ns * (1 + block / 100))
            for block in range(count) for name, ns in (("a", 10),
                                                       ("b", 10 * ratio))]


def test_loops_of_a_process_make_one_figure():
    cell = cell_of(make.micro_cell("a", 0, 9, 30, 10))
    assert micro.cpu_ns(cell) == micro.figure_ns(cell) == 10
    assert micro.iterations(cell) == 3000


def test_several_threads_are_compared_by_the_wall():
    row = make.micro_cell("a", 0, 10, threaded=True)
    row["samples"][0]["wall_ns"] = 25000
    assert micro.figure_ns(cell_of(row)) == 25
    assert micro.cpu_ns(cell_of(row)) == 10


@pytest.mark.parametrize("changes", (
    {"cpu_ns": None}, {"cpu_ns": 0}, {"operations": None}, {"operations": 0}))
def test_an_unknown_loop_hides_the_figure(changes: dict):
    row = make.micro_cell("a", 0, 10, 10)
    row["samples"][1] |= changes
    assert micro.cpu_ns(cell_of(row)) is None


def test_other_cells_have_none():
    assert micro.cpu_ns(cell_of(make.timing_cell("a", 30, 0))) is None


def test_a_row_without_a_loop_is_damaged(write, verb):
    ended = verb("show", write(run_of(make.micro_cell("a", 0))))
    assert ended.returncode == 2
    assert "a micro cell that is ok has no samples" in ended.stderr


def test_show_has_a_table_for_each_family(write, verb):
    rows = run_of(
        *pairs(2, 2),
        make.micro_cell("a", 0, 3000, parameters={"size": 4096,
                                                  "start": "warm"}),
        make.failed_cell("b", "unsupported", "it has no such call",
                         workload="zeroed", kind="micro", after=None))
    shown = verb("show", write(rows)).stdout
    lines = shown.splitlines()
    title = lines.index("micro pair: CPU ns of an iteration, median of 2 "
                        "processes")
    assert lines[title + 1].split() == ["size"]
    assert lines[title + 2].split() == ["allocator", "16", "4,096"]
    assert lines[title + 3].split() == ["a", "10.1", "3,000"]
    assert lines[title + 4].split() == ["b", "20.1", "-"]
    assert "it has no such call" in shown


def test_compare_pairs_processes_within_blocks(write, verb):
    path = write(run_of(*pairs(8, 1.5)))
    ended = verb("compare", path, "--base", "a", "--head", "b",
                     "--format", "json")
    verdicts = json.loads(ended.stdout)["verdicts"]
    assert [(row["metric"], row["word"], row["pairs"], row["paired"])
            for row in verdicts] == [("micro", "worse", 8, True)]


def test_too_few_processes_are_refused(write, verb):
    ended = verb("compare", write(run_of(*pairs(3, 2))), "--base", "a",
                     "--head", "b")
    assert ended.returncode == 2
    assert "giveback micro --pairs 6" in ended.stderr


def test_exports_have_both_clocks(write, verb):
    path = write(run_of(make.micro_cell("a", 0, 10)))
    rows = list(csv.DictReader(io.StringIO(
        verb("export", "--format", "csv", path).stdout)))
    assert {(row["metric"], row["detail"], float(row["value"]))
            for row in rows if row["metric"] == "micro"} \
        == {("micro", "cpu", 10), ("micro", "wall", 10)}
    found = json.loads(verb("export", "--format", "google-benchmark",
                                path).stdout)["benchmarks"]
    assert [(row["cpu_time"], row["iterations"]) for row in found] \
        == [(10, 1000)]


def test_a_page_names_the_cells_that_it_does_not_draw(write, verb,
                                                      tmp_path):
    path, page = write(run_of(*pairs(2, 2))), tmp_path / "page.html"
    ended = verb("report", path, "-o", page)
    assert ended.returncode == 0, ended.stderr
    assert "No chart here for 4 cells of kind micro" in page.read_text()


def test_micro_rows_merge_with_others(write, verb, tmp_path):
    ours = write(run_of(*pairs(6, 2)))
    other = make.run_line(make.allocator("a"), id="r2")
    theirs = write([other, make.timing_cell("a", 30, 0, run="r2")],
                   name="b.jsonl")
    whole = tmp_path / "whole.jsonl"
    ended = verb("merge", ours, theirs, "-o", whole)
    assert ended.returncode == 0, ended.stderr
    ended = verb("compare", whole, "--base", "a", "--head", "b")
    assert ended.returncode == 0, ended.stderr
