"""`giveback micro` as users run it: tables, rows, JSON, refusals."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import runs

FILTER = "--benchmark_filter=^(pair/size:16|zeroed/size:64|cross_thread/size:64)(/|$)"
SHORT = "--benchmark_min_time=0.001"
NAMES = {"pair", "zeroed", "cross_thread"}

pytestmark = pytest.mark.skipif(
    not (Path(runs.program()).parent / "giveback-micro").exists(),
    reason="built without Google Benchmark: install libbenchmark-dev")


def micro(path: Path, *words: object) -> runs.Results:
    """`giveback micro` with rows into `path`, checked against the schema."""
    ended = runs.giveback("micro", "-o", path, *words, cwd=path.parent)
    assert path.exists(), ended.stderr
    runs.check_file(path)
    results = runs.read(path)
    return runs.Results(results.run, results.cells, ended.returncode,
                        ended.stdout, ended.stderr)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> runs.Results:
    """Four allocators, of which one is not there and one lacks a call."""
    path = tmp_path_factory.mktemp("micro") / "x.jsonl"
    return micro(path, "-a", "system,null,jemalloc@99,mine=pymalloc:3.10",
                 "--", FILTER, SHORT, "--benchmark_repetitions=2",
                 "--benchmark_report_aggregates_only=true",
                 "--benchmark_out=out.json")


def rows_of(results: runs.Results, allocator: str) -> dict[str, dict]:
    return {cell["workload"]: cell for cell in results.cells
            if cell["allocator"] == allocator}


def test_every_micro_benchmark_is_a_row(results: runs.Results):
    assert results.exit_status == 0, results.err
    assert results.run["command"][:2] == ["giveback", "micro"]
    assert {cell["kind"] for cell in results.cells} == {"micro"}
    for name in ("system", "null", "jemalloc@99", "mine"):
        assert rows_of(results, name).keys() == NAMES
    pair = rows_of(results, "system")["pair"]
    assert pair["parameters"] == {"size": 16, "start": "warm"}
    assert not pair["threaded"]
    threads = rows_of(results, "system")["cross_thread"]
    assert threads["parameters"]["threads"] == 2
    assert threads["threaded"]


def test_repetitions_within_a_process_are_samples_of_one_row(
        results: runs.Results):
    for cell in rows_of(results, "system").values():
        assert cell["outcome"] == "ok"
        assert len(cell["samples"]) == 2
        for sample in cell["samples"]:
            assert sample["phase"] == "loop"
            assert sample["operations"] > 0
            assert sample["wall_ns"] > 0
            assert sample["rss_bytes"] is None


def test_a_row_proves_which_library_ran(results: runs.Results):
    pair = rows_of(results, "mine")["pair"]
    assert pair["identity"]["library"].endswith("libpymalloc.so")
    assert len(pair["identity"]["sha256"]) == 64
    assert rows_of(results, "null")["pair"]["identity"]["library"] is None


def test_what_is_not_there_is_unsupported(results: runs.Results):
    for cell in rows_of(results, "jemalloc@99").values():
        assert cell["outcome"] == "unsupported"
        assert "99" in cell["reason"] or "installed" in cell["reason"]
    threads = rows_of(results, "mine")["cross_thread"]
    assert threads["outcome"] == "unsupported"
    assert "needs threads" in threads["reason"]
    zeroed = rows_of(results, "null")["zeroed"]
    assert zeroed["outcome"] == "unsupported"
    assert "which the allocator does not offer" in zeroed["reason"]
    assert zeroed["samples"] == []


def test_tables_are_those_of_google_benchmark(results: runs.Results):
    assert results.out.count("Iterations") == 3  # a heading each
    assert "pair/size:16_median" in results.out
    assert "pair/size:16 " not in results.out  # aggregates only
    assert "jemalloc@99: unsupported: " in results.out


def test_json_of_its_own_names_the_allocator(results: runs.Results,
                                             tmp_path: Path):
    path = tmp_path / "x.jsonl"
    one = micro(path, "-a", "system", "--", FILTER, SHORT,
                "--benchmark_out=one.json", "--benchmark_format=json")
    printed = json.loads(one.out)  # nothing else is on standard output
    kept = json.loads((tmp_path / "one.json").read_text(), parse_constant=int)
    for found in (printed, kept):
        assert found["context"]["allocator"] == "system"
        assert len(found["context"]["sha256"]) == 64
        assert len(found["benchmarks"]) == 3


def test_several_processes_have_a_file_each(tmp_path: Path):
    micro(tmp_path / "x.jsonl", "-a", "system,null", "-p", "2", "--", FILTER,
          SHORT, "--benchmark_out=out.json")
    found = {path.name: json.loads(path.read_text())["context"]["allocator"]
             for path in tmp_path.glob("out*.json")}
    assert found == {f"out.{name}.{block}.json": name
                     for name in ("system", "null") for block in (0, 1)}


def test_blocks_hold_each_allocator_once(tmp_path: Path):
    results = micro(tmp_path / "x.jsonl", "-a", "system,null", "-p", "4",
                    "--", "--benchmark_filter=pair/size:16$", SHORT)
    places = {(cell["block"], cell["position"]): cell["allocator"]
              for cell in results.cells}
    assert len(places) == 8
    assert {cell["seed"] for cell in results.cells} == {1, 2, 3, 4}
    for block in range(4):
        assert {places[block, 0], places[block, 1]} == {"system", "null"}
    shown = runs.giveback("show", tmp_path / "x.jsonl").stdout
    assert "micro pair: CPU ns of an iteration, median of 4 processes" \
        in " ".join(shown.split())


def test_a_crash_is_an_outcome_of_what_was_not_done(tmp_path: Path):
    results = micro(tmp_path / "x.jsonl", "-a",
                    f"system,{runs.villain('crashes')}", "--", FILTER, SHORT)
    assert results.exit_status == 1
    assert all(cell["outcome"] == "ok"
               for cell in rows_of(results, "system").values())
    pair = rows_of(results, "crashes")["pair"]
    assert pair["outcome"] == "crashed"
    assert pair["signal"] == "SIGSEGV"
    assert "in pair" in pair["reason"]


def test_single_thread_figures_come_before_threads(tmp_path: Path):
    """A thread that was there makes glibc's malloc slower for good."""
    results = micro(tmp_path / "x.jsonl", "-a", "system", "--", FILTER, SHORT)
    order = [cell["workload"] for cell in results.cells]
    assert order[-1] == "cross_thread"


def test_an_interrupted_run_goes_on(tmp_path: Path):
    path = tmp_path / "x.jsonl"
    words = ("-a", "system,null", "-p", "2", "--", FILTER, SHORT)
    whole = micro(path, *words)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:6]) + lines[6][:100])
    resumed = micro(path, "--resume", *words)
    assert sorted(map(runs.key, resumed.cells)) \
        == sorted(map(runs.key, whole.cells))
    assert path.read_bytes().startswith(b"".join(lines[:6]))
    others = runs.giveback("micro", "--resume", "-o", path, *words[:-1])
    assert others.returncode == 2 and "other flags" in others.stderr
    run = runs.giveback("run", "--resume", "-o", path)
    assert run.returncode == 2 and "giveback micro" in run.stderr


@pytest.mark.parametrize("words, said", [
    (("--", "--benchmark_fliter=pair"), "--benchmark_fliter"),
    (("--", "--benchmark_repetitions=many"), "--benchmark_repetitions"),
    (("--", "--benchmark_format=xml"), "--benchmark_format"),
    (("--", "--benchmark_filter=nothing_like_it"), "--benchmark_filter"),
    (("--", "--benchmark_out=no/such/folder.json"), "No such file"),
    (("--", "--benchmark_enable_random_interleaving=true"), "--pairs N"),
    (("--benchmark_filter=pair",), "behind --"),
    (("-a", "sytem"), "did you mean 'system'"),
    (("-p", "0"), "not a whole number from 1"),
    (("--resume",), "-o FILE"),
])
def test_wrong_usage_names_the_remedy_and_leaves_no_file(
        words: tuple[str, ...], said: str, tmp_path: Path):
    ended = runs.giveback("micro", *words, cwd=tmp_path)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_list_and_help_measure_nothing(tmp_path: Path):
    listed = runs.giveback("micro", "--", "--benchmark_list_tests",
                           "--benchmark_filter=pair", cwd=tmp_path)
    assert listed.returncode == 0
    assert "pair/size:16" in listed.stdout.splitlines()
    helped = runs.giveback("micro", "--", "--help", cwd=tmp_path)
    assert helped.returncode == 0
    assert "--benchmark_filter" in helped.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path):
    path = tmp_path / "x.jsonl"
    path.write_text("mine\n")
    ended = runs.giveback("micro", "-a", "null", "-o", path, "--", FILTER,
                          SHORT)
    assert ended.returncode == 2 and "exists" in ended.stderr
    assert path.read_text() == "mine\n"


def test_without_google_benchmark_it_says_what_to_install(tmp_path: Path):
    alone = shutil.copy(runs.program(), tmp_path / "giveback")
    ended = subprocess.run([alone, "micro"], capture_output=True,
                           encoding="utf-8", cwd=tmp_path)
    assert ended.returncode == 2
    assert "install libbenchmark-dev" in ended.stderr
