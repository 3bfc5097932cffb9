"""Outputs that are closed, full or unread stop no run. The results go to
their file whatever becomes of the words."""

import fcntl
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import runs
import trial
from trial import FAST, Trial

# Without the cells that fail on purpose: the exit status is to be 0.
FINE = (*FAST, "--kind", "timing")
# Each of these is one line of progress.
MANY = ("-w", "fill_drain+objects=100", "--kind", "timing", "-p", "30")


def closing(*numbers: int) -> Callable[[], None]:
    """For preexec_fn: what `>&-` does."""
    return lambda: [os.close(number) for number in numbers] and None


@pytest.mark.parametrize("numbers", ((0,), (1,), (2,), (1, 2), (0, 1, 2)))
def test_closed_from_the_start(tmp_path: Path, numbers: tuple[int, ...]):
    """A closed number goes to the next file that is opened: to the results,
    and what is printed would go into them."""
    disturbed = Trial(tmp_path / "x.jsonl", FINE)
    process = disturbed.start(preexec_fn=closing(*numbers))
    process.communicate(timeout=trial.LIMIT_S)
    assert process.returncode == 0
    disturbed.check_whole()


@pytest.mark.parametrize("numbers", ((1,), (2,), (1, 2)))
def test_resumed_with_closed_outputs(tmp_path: Path,
                                     numbers: tuple[int, ...]):
    disturbed = Trial(tmp_path / "x.jsonl", MANY)
    process = disturbed.start()
    disturbed.wait_for_cells(2)
    process.kill()
    process.communicate(timeout=trial.LIMIT_S)
    disturbed.wait_until_alone()
    before = disturbed.kept()
    ended = disturbed.resume(preexec_fn=closing(*numbers))
    assert ended.returncode == 0
    disturbed.check_whole(before)


@pytest.mark.parametrize("output", ("stdout", "stderr"))
def test_a_full_device(tmp_path: Path, output: str):
    disturbed = Trial(tmp_path / "x.jsonl", FINE)
    with open("/dev/full", "w", encoding="utf-8") as full:
        process = disturbed.start(**{output: full})
        process.communicate(timeout=trial.LIMIT_S)
    # A table that could not be printed is an error, a lost word is none.
    assert process.returncode == (1 if output == "stdout" else 0)
    disturbed.check_whole()


@pytest.mark.parametrize("outputs", (("stdout",), ("stderr",),
                                     ("stdout", "stderr")))
def test_a_reader_that_goes_away(tmp_path: Path, outputs: tuple[str, ...]):
    """As `| head -1` does, after the first line or before it."""
    disturbed = Trial(tmp_path / "x.jsonl", MANY)
    reading, writing = os.pipe()
    process = disturbed.start(**dict.fromkeys(outputs, writing))
    os.close(writing)
    if "stderr" in outputs:
        assert os.read(reading, 1)
    os.close(reading)
    process.communicate(timeout=trial.LIMIT_S)
    assert process.returncode == 0
    disturbed.check_whole()


def narrow_pipe() -> tuple[int, int]:
    """A pipe that is full after some lines."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    return reading, writing


def drain(reading: int, process: subprocess.Popen[str]) -> bytes:
    """Reads all that comes until the program has ended."""
    words = b""
    while chunk := os.read(reading, 65536):
        words += chunk
    os.close(reading)
    process.communicate(timeout=trial.LIMIT_S)
    return words


@pytest.mark.parametrize("output", ("stdout", "stderr"))
def test_a_reader_that_does_not_read(tmp_path: Path, output: str):
    """As a pager, or a terminal after Ctrl-S. Waiting for it in the middle of
    a run would leave workers unwatched: progress that nobody takes is left
    out."""
    disturbed = Trial(tmp_path / "x.jsonl", MANY)
    reading, writing = narrow_pipe()
    process = disturbed.start(**{output: writing})
    os.close(writing)
    planned = disturbed.planned().total()
    disturbed.wait_for_cells(planned - 1)
    words = drain(reading, process).decode()
    assert process.returncode == 0
    if output == "stderr":
        assert "results are in" in words
        assert words.count("timing fill_drain") < planned  # some left out
    else:
        assert "fill_drain" in words
    disturbed.check_whole()


def test_a_signal_while_nobody_reads(tmp_path: Path):
    disturbed = Trial(tmp_path / "x.jsonl", trial.SLOW)
    reading, writing = narrow_pipe()
    process = disturbed.start(stderr=writing)
    os.close(writing)
    disturbed.wait_for_cells(1)
    disturbed.worker_at("silent")
    process.send_signal(signal.SIGINT)
    disturbed.wait_until_alone()
    words = drain(reading, process).decode()
    assert process.returncode == 130
    assert disturbed.hint() in words
    disturbed.check_resumes()


def test_a_pipeline_of_the_shell(tmp_path: Path):
    """What people type."""
    disturbed = Trial(tmp_path / "x.jsonl", MANY)
    words = [runs.program(), *disturbed.command(), "-o", str(disturbed.path)]
    ended = subprocess.run(
        ["bash", "-c", 'set -o pipefail; "$@" 2>&1 | head -1', "-", *words],
        capture_output=True, encoding="utf-8", env=runs.environment(),
        timeout=trial.LIMIT_S)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.count("\n") == 1
    disturbed.check_whole()
