"""Runs that are cut short, and go on."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import runs

# One second each, one after another: time enough to interrupt between two.
SLOW = ("-a", "system,null,bump", "-w", "fill_drain+objects=1000", "--kind",
        "memory", "--after", "silent,tick", "--quick", "-r", "1", "-j", "1")
SLOW_CELLS = 6
DEADLINE_S = 60.0


def wait_until(holds: Callable[[], bool], what: str,
               deadline_s: float = DEADLINE_S) -> None:
    """Polls with growing pauses up to a limit."""
    pause_s, waited_s = 0.001, 0.0
    while not holds():
        assert waited_s < deadline_s, f"waited for {what}"
        time.sleep(pause_s)
        waited_s += pause_s
        pause_s = min(2 * pause_s, 0.2)


def age_s(pid: int) -> float:
    """Seconds since a process began; proc(5): starttime, in ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    begun_s = int(fields[19]) / os.sysconf("SC_CLK_TCK")
    return time.clock_gettime(time.CLOCK_BOOTTIME) - begun_s


def lines(path: Path) -> int:
    return path.read_bytes().count(b"\n") if path.exists() else 0


@pytest.fixture
def seed() -> int:
    """A seed of this test's own: by it the workers are known."""
    return int.from_bytes(os.urandom(5), "big")


@pytest.fixture
def start(seed: int) -> Iterator[Callable[[Path], subprocess.Popen[str]]]:
    """start(path) returns a slow run with a cell done and another under way.
    """
    started: list[subprocess.Popen[str]] = []

    def starter(path: Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [runs.program(), "run", *SLOW, "--seed", str(seed), "-o", path],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
            env=runs.environment())
        started.append(process)
        wait_until(lambda: lines(path) >= 2, "the first cell")
        wait_until(lambda: runs.workers(seed) != [], "a worker")
        return process

    yield starter
    for process in started:
        process.kill()
        process.communicate()


def resume(path: Path) -> subprocess.CompletedProcess[str]:
    return runs.giveback("run", "--resume", "-o", path)


def check_whole(path: Path) -> None:
    """Every planned cell is there, none twice, all well."""
    runs.check_file(path)
    results = runs.read(path)
    assert len(results.cells) == SLOW_CELLS
    assert len({runs.key(cell) for cell in results.cells}) == SLOW_CELLS
    assert {cell["outcome"] for cell in results.cells} == {"ok"}
    assert {cell["run"] for cell in results.cells} == {results.run["id"]}


@pytest.mark.parametrize("number", (signal.SIGINT, signal.SIGTERM))
def test_an_interrupted_run_is_kept_and_goes_on(
        tmp_path: Path, start: Callable, seed: int, number: signal.Signals):
    path = tmp_path / "x.jsonl"
    process = start(path)
    process.send_signal(number)
    _, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 130
    assert runs.workers(seed) == []
    runs.check_file(path)
    kept = runs.read(path).cells
    assert 1 <= len(kept) < SLOW_CELLS
    assert (f"interrupted after {len(kept)} of {SLOW_CELLS} cells, which are "
            f"kept; go on with: giveback run --resume -o {path}") in err
    assert resume(path).returncode == 0
    check_whole(path)
    assert runs.read(path).cells[:len(kept)] == kept


def test_no_worker_outlives_a_parent_that_was_killed(tmp_path: Path,
                                                     seed: int):
    """Its regime would go on for 30 s; then it would miss its parent."""
    process = subprocess.Popen(
        [runs.program(), "run", *SLOW[:4], "--kind", "memory", "--full",
         "--seed", str(seed), "-o", tmp_path / "x.jsonl"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=runs.environment())
    try:
        wait_until(lambda: runs.workers(seed) != [], "a worker")
        worker = runs.workers(seed)[0]
        wait_until(lambda: age_s(worker) > 1, "its regime")
    finally:
        process.kill()
        process.communicate()
    wait_until(lambda: runs.workers(seed) == [], "the end of the worker", 10)


def test_a_run_whose_parent_was_killed_goes_on(tmp_path: Path,
                                               start: Callable):
    path = tmp_path / "x.jsonl"
    process = start(path)
    process.kill()
    process.communicate(timeout=DEADLINE_S)
    assert resume(path).returncode == 0
    check_whole(path)


def finished(path: Path) -> bytes:
    results = runs.run(path, *SLOW[:-1], "8")
    assert results.exit_status == 0
    return path.read_bytes()


def test_a_torn_last_line_is_dropped_and_measured_again(tmp_path: Path):
    path = tmp_path / "x.jsonl"
    whole = finished(path)
    cut = whole.rindex(b"\n", 0, -1) + 1 + 100  # into the last line
    path.write_bytes(whole[:cut])
    shown = runs.giveback("show", path)
    assert shown.returncode == 0, shown.stderr
    assert resume(path).returncode == 0
    check_whole(path)
    assert path.read_bytes()[:cut - 100] == whole[:cut - 100]


def test_a_finished_run_has_nothing_to_go_on_with(tmp_path: Path):
    path = tmp_path / "x.jsonl"
    whole = finished(path)
    assert resume(path).returncode == 0
    assert path.read_bytes() == whole


def test_a_damaged_line_in_the_middle_is_refused(tmp_path: Path):
    path = tmp_path / "x.jsonl"
    rows = finished(path).splitlines(keepends=True)
    damaged = b"".join([rows[0], b"{no json\n", *rows[1:]])
    path.write_bytes(damaged)
    ended = resume(path)
    assert ended.returncode == 2
    assert f"{path}:2: no JSON: the file is damaged" in ended.stderr
    assert path.read_bytes() == damaged


def test_another_command_than_the_files_is_refused(tmp_path: Path):
    path = tmp_path / "x.jsonl"
    whole = finished(path)
    ended = runs.giveback("run", "--resume", "-a", "system", "-w",
                          "survivors+objects=10", "-o", path)
    assert ended.returncode == 2
    assert "resume with the command that began it" in ended.stderr
    assert path.read_bytes() == whole


def test_a_file_that_is_no_result_file_is_refused(tmp_path: Path):
    path = tmp_path / "x.jsonl"
    path.write_text("a letter\n")
    ended = resume(path)
    assert ended.returncode == 2
    assert "no result file to go on with" in ended.stderr
    assert path.read_text() == "a letter\n"


def test_regimes_that_differ_in_their_rate_alone_are_told_apart(
        tmp_path: Path):
    path = tmp_path / "x.jsonl"
    words = ("-a", "null", "-w", "fill_drain+objects=1000", "--kind",
             "memory", "--after", "tick+rate={0,10,1000}+mix=same", "--quick",
             "-r", 1)
    whole = runs.run(path, *words)
    rates = [("tick_same+rate=0", 0), ("tick_same+rate=10", 10),
             ("tick_same", 1000)]
    assert [(cell["after"], cell["requests_per_s"])
            for cell in whole.cells] == rates
    assert {cell["request_mix"] for cell in whole.cells} == {"same"}
    kept = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(kept[:2] + kept[3:]))  # the second is lost
    assert runs.giveback("run", "--resume", "-o", path).returncode == 0
    resumed = runs.read(path)
    assert sorted((cell["after"], cell["requests_per_s"])
                  for cell in resumed.cells) == sorted(rates)
    runs.check_file(path)
