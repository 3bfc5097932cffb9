"""A worker that outlives its parent cannot exist. The parent is killed by
SIGKILL while the worker is somewhere; it is gone within moments."""

import os
import signal
import subprocess
from pathlib import Path

import pytest
import trial
from trial import SLOW, Trial

# A regime of 30 s, so that no worker ends by itself meanwhile.
LONG = ("-w", "fill_drain+objects=20000", "--after", "silent,tick", "--full",
        "-r", "1", "-p", "1", "-j", "1")
PLACES = (
    ("memory", "silent"),
    ("memory", "tick"),
    ("memory", "fill"),
    ("timing", "fill"),
    ("account", "fill"),
)


def check_killed(disturbed: Trial, process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate(timeout=trial.LIMIT_S)
    assert process.returncode == -signal.SIGKILL
    disturbed.wait_until_alone()


@pytest.mark.parametrize("kind, where", PLACES)
def test_killed_while_the_worker_is_in(tmp_path: Path, kind: str, where: str):
    """The one that builds never ends: its allocator hangs after a while."""
    allocator = f"{os.environ['GIVEBACK_VILLAINS']}/hangs.so" \
        if where == "fill" else "system"
    arguments = (*LONG, "--kind", kind)
    if kind == "memory" and where != "fill":
        arguments += ("--after", where)
    disturbed = Trial(tmp_path / "x.jsonl", arguments, (allocator,))
    process = disturbed.start()
    disturbed.worker_at(where)
    check_killed(disturbed, process)
    assert disturbed.cells() == []


def test_killed_while_the_worker_waits_for_its_turn(tmp_path: Path):
    """A parent that is stopped grants none."""
    disturbed = Trial(tmp_path / "x.jsonl", SLOW)
    process = disturbed.start()
    worker = disturbed.worker_at("silent")
    process.send_signal(signal.SIGSTOP)
    trial.wait_until(lambda: trial.waits_for_its_turn(worker),
                     "a worker that waits for its turn")
    check_killed(disturbed, process)
    assert disturbed.cells() == []
    disturbed.check_resumes()


def test_killed_while_several_are_in_their_regimes(tmp_path: Path):
    disturbed = Trial(tmp_path / "x.jsonl", (*SLOW[:-1], "8"))
    process = disturbed.start()
    trial.wait_until(lambda: len(disturbed.workers()) >= 3, "three workers")
    check_killed(disturbed, process)
    disturbed.check_resumes()


def forking_launcher(folder: Path) -> str:
    """One that starts its command as a child and waits for it."""
    launcher = folder / "launcher"
    launcher.write_text('#!/bin/sh\n"$@"\nexit $?\n')
    launcher.chmod(0o700)
    return str(launcher)


def test_killed_behind_a_launcher_that_forks(tmp_path: Path):
    """The worker is then the launcher's child and not ours."""
    disturbed = Trial(tmp_path / "x.jsonl", (*LONG, "--kind", "memory"),
                      ("system",))
    process = disturbed.start("--launcher", forking_launcher(tmp_path))
    disturbed.worker_at("silent")
    assert len(disturbed.workers()) == 2  # the launcher, and its child
    check_killed(disturbed, process)


def test_a_time_limit_ends_what_a_launcher_began(tmp_path: Path):
    """Left alive it would disturb every cell after it."""
    disturbed = Trial(tmp_path / "x.jsonl", (*LONG, "--kind", "memory", "-t",
                                             "1", "--after", "silent"),
                      ("system",))
    process = disturbed.start("--launcher", forking_launcher(tmp_path))
    process.communicate(timeout=trial.LIMIT_S)
    assert disturbed.cells()[0]["outcome"] == "timed_out"
    disturbed.wait_until_alone()


def test_killed_while_processes_of_a_workload_are_parked(tmp_path: Path):
    """Those that a worker forked are gone with it."""
    arguments = ("-w", "prefork+live=1M+own=64K+workers=4", "--kind",
                 "memory", "--after", "silent", "--full", "-r", "1", "-j",
                 "1")
    disturbed = Trial(tmp_path / "x.jsonl", arguments, ("system",))
    process = disturbed.start()
    disturbed.worker_at("silent")
    assert len(disturbed.workers()) == 5
    check_killed(disturbed, process)
    assert disturbed.cells() == []
