"""The kind `stalls` and the suite of that name, as users run them."""

from pathlib import Path

import pytest
import runs

WORKLOAD = "fill_drain+objects=200000+order=shuffled"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> runs.Results:
    path = tmp_path_factory.mktemp("stalls") / "x.jsonl"
    return runs.run(path, "-a", "system,pymalloc:3.10", "-w", WORKLOAD,
                    "-k", "stalls,traffic", "-r", 2)


def stalls(results: runs.Results, allocator: str) -> list[dict]:
    found = [cell["stalls"] for cell in results.cells
             if cell["kind"] == "stalls" and cell["allocator"] == allocator]
    assert len(found) == 2
    return found


def test_every_call_is_timed(results: runs.Results):
    for allocator in ("system", "pymalloc:3.10"):
        for found in stalls(results, allocator):
            for name in ("alloc", "release"):
                assert found[name]["calls"] == 200001  # and the poke
                assert sum(found[name]["bucket_calls"]) == 200001
            assert 0 < found["clock_ns"] < 1000000


def test_the_longest_have_their_places(results: runs.Results):
    for found in stalls(results, "system"):
        for name, phase in (("alloc", "fill"), ("release", "drain")):
            longest = found[name]["longest"]
            assert len(longest) == 8
            times = [slow["duration_ns"] for slow in longest]
            assert times == sorted(times, reverse=True)
            for slow in longest:
                assert slow["phase"] in (phase, "poke")
                assert 1 <= slow["position"] <= 200000
                assert slow["window"]["wall_ns"] >= slow["duration_ns"]


def test_poke_is_among_the_longest_where_it_consolidates(
        results: runs.Results):
    """200,000 chunks in glibc's fastbins, shuffled: one call merges them."""
    for found in stalls(results, "system"):
        poke = [slow for slow in found["alloc"]["longest"]
                if slow["phase"] == "poke"]
        assert [(slow["call"], slow["position"]) for slow in poke] \
            == [("alloc", 1)]
        assert poke[0]["window"]["calls"] == 1


def test_trim_stands_alone(results: runs.Results):
    for found in stalls(results, "system"):
        assert found["trim"]["calls"] == 1
    for found in stalls(results, "pymalloc:3.10"):
        assert found["trim"]["calls"] == 0


def test_the_tables_show_both_kinds(results: runs.Results):
    assert results.exit_status == 0
    out = " ".join(results.out.split())
    for text in ("single calls fill_drain", "alloc: calls per million",
                 "system 2.", "the longest release took",
                 "A time includes one reading of the clock"):
        assert text in out, text
    assert "kernel traffic fill_drain" in out or "unsupported" in out


def test_repetitions_have_seeds_of_their_own(results: runs.Results):
    seeds = {(cell["kind"], cell["repetition"]): cell["seed"]
             for cell in results.cells}
    assert seeds == {(kind, i): 1 + i for kind in ("stalls", "traffic")
                     for i in range(2)}


def test_the_suite_brings_its_kinds():
    planned = runs.giveback("run", "--suite", "stalls", "-a", "system", "-n")
    assert planned.returncode == 0
    assert {line.split()[4] for line in planned.stdout.splitlines()[:-1]} \
        == {"stalls", "traffic"}
    typed = runs.giveback("run", "--suite", "stalls", "-a", "system", "-n",
                          "-k", "timing")
    assert {line.split()[4] for line in typed.stdout.splitlines()[:-1]} \
        == {"timing"}


def test_a_run_is_resumed(tmp_path: Path):
    path = tmp_path / "x.jsonl"
    whole = runs.run(path, "-a", "system", "-w",
                     "fill_drain+objects=1000", "-k", "stalls", "-r", 2)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:2]))
    again = runs.giveback("run", "--resume", "-o", path)
    assert again.returncode == 0, again.stderr
    assert sorted(map(runs.key, runs.read(path).cells)) \
        == sorted(map(runs.key, whole.cells))
