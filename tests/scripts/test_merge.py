"""Merging: what is joined, dropped, refused; in memory that does not grow
with the files."""

import json
import os

import pytest
import rows_maker as make
from giveback import cli, results


@pytest.fixture
def merge(capsys, tmp_path):
    """merge(FILE, ...) is (exit code, what was said, the file it wrote)."""
    def run(*paths):
        output = tmp_path / "merged.jsonl"
        capsys.readouterr()
        status = cli.main(["merge", *map(str, paths), "-o", str(output)])
        return status, capsys.readouterr().err, output
    return run


def rows(run: str = "r1", seed: int = 1, host: str = "5a") -> list[dict]:
    return [make.run_line(make.allocator("system"), id=run, seed=seed,
                          host=make.HOST | {"machine_id": host}),
            make.memory_cell("system", "silent", 320, [320] * 5, run=run),
            make.timing_cell("system", 30, 0, run=run)]


def test_runs_of_several_hosts_are_joined(merge, write):
    paths = [write(rows("r1"), "a.jsonl"),
             write(rows("r2", host="6b"), "b.jsonl")]
    status, said, output = merge(*paths)
    assert (status, said) == (0, "")
    assert output.read_text() == "".join(p.read_text() for p in paths)
    assert list(results.read([output]).runs) == ["r1", "r2"]
    assert cli.main(["show", str(output)]) == 0


def test_the_same_cell_twice_is_dropped_and_named(merge, write):
    """The second file has one cell more, and its keys in another order."""
    first = write(rows(), "a.jsonl")
    more = make.timing_cell("system", 31, 1)
    again = [dict(reversed(row.items())) for row in [*rows(), more]]
    second = write(again, "b.jsonl")
    status, said, output = merge(first, second)
    assert status == 0
    assert said.splitlines() == [
        f"giveback merge: {second}:{line}: dropped, the same cell stands at "
        f"{first}:{line}" for line in (2, 3)]
    found = results.read([output])
    assert (list(found.runs), len(found.cells)) == (["r1"], 3)


def test_many_duplicates_are_counted(merge, write):
    path = write([rows()[0], *(make.timing_cell("system", 30, block)
                               for block in range(40))])
    status, said, _ = merge(path, path)
    assert status == 0
    assert len(said.splitlines()) == 11
    assert "40 cells dropped that stand twice" in said


@pytest.mark.parametrize("change", [
    {"seed": 5}, {"peak_rss_bytes": 1}, {"outcome": "failed", "base": None,
                                         "samples": [], "reason": "why",
                                         "peak_rss_bytes": None}])
def test_two_cells_in_one_place_are_refused(merge, write, tmp_path, change):
    paths = [write(rows(), "a.jsonl"), write(
        [rows()[0], rows()[1] | change], "b.jsonl")]
    status, said, output = merge(*paths)
    assert status == 2
    assert f"{paths[1]}:2: another cell than the one at {paths[0]}:2" in said
    assert sorted(os.listdir(tmp_path)) == ["a.jsonl", "b.jsonl"]


def test_one_place_in_a_block_of_pairs_is_refused(merge, write):
    status, said, _ = merge(write([*rows(), make.timing_cell(
        "system", 30, 0, repetition=7)]))
    assert status == 2 and ":4: another cell" in said


def test_a_run_of_another_seed_or_host_is_refused(merge, write):
    for other in (rows(seed=2), rows(host="6b")):
        status, said, _ = merge(write(rows(), "a.jsonl"),
                                write(other, "b.jsonl"))
        assert status == 2
        assert "b.jsonl:1: run 'r1' was seen before" in said


def test_another_schema_is_refused_by_name(merge, write):
    other = [row | {"schema": 2} for row in rows("r2")]
    path = write(other, "b.jsonl")
    status, said, output = merge(write(rows(), "a.jsonl"), path)
    assert status == 2
    assert f"{path}:1: schema 2, this program reads schema 1" in said
    assert not output.exists()


def test_a_run_line_that_is_stated_again_stays(merge, write):
    """A continued run states it with what is new; nothing of it is lost."""
    again = rows()[0] | {"jobs": 5}
    _, _, output = merge(write([*rows(), again]))
    kinds = [json.loads(line)["type"] for line in output.open()]
    assert kinds == ["run", "cell", "cell", "run"]


def test_an_existing_file_is_not_written_over(merge, write):
    path = write(rows(), "merged.jsonl")
    before = path.read_bytes()
    status, said, _ = merge(path)
    assert status == 2 and "exists: name another file" in said
    assert path.read_bytes() == before


def test_lines_pass_one_by_one(write):
    """What a reader keeps of a cell does not depend on its size: a third
    file is asked for only when the second has passed."""
    path = write(rows())
    passing = results.distinct([path, path.with_name("none")], [])
    assert [next(passing).number for _ in range(3)] == [1, 2, 3]
    with pytest.raises(results.ResultsError, match="none: cannot be read"):
        next(passing)
