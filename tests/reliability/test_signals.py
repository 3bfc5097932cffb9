"""Signals end a run in order. What is finished is kept, what ran is not
recorded, no worker is left, and the message says how to go on."""

import os
import signal
import subprocess
from pathlib import Path

import pytest
import trial
from trial import SLOW, Trial

INTERRUPTED = 130
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Enough blocks that a villain shows what it is.
LARGE = ("-w", "fill_drain+objects=20000", "--kind", "memory", "--after",
         "silent", "--quick", "-r", "1", "-j", "1")
# By a phase: who does not come out of it at once.
STAYS = {"fill": "hangs", "drain": "hangs_in_free", "poke": "lingers"}


def check_interrupted(disturbed: Trial, process: subprocess.Popen[str],
                      order: dict[str, str], before: bytes) -> None:
    """`order` is of the worker that was under way."""
    _, err = process.communicate(timeout=trial.LIMIT_S)
    assert process.returncode == INTERRUPTED, err
    assert disturbed.workers() == []
    cells = disturbed.cells()
    planned = disturbed.planned().total()
    assert (f"interrupted after {len(cells)} of {planned} cells, which are "
            f"kept; {disturbed.hint()}\n") in err
    assert not trial.holds_cell_of(cells, order)
    assert disturbed.kept().startswith(before)
    assert disturbed.path.read_bytes() == disturbed.kept()
    disturbed.check_part()


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_in_a_regime(tmp_path: Path, number: signal.Signals):
    disturbed = Trial(tmp_path / "x.jsonl", SLOW)
    process = disturbed.start()
    disturbed.wait_for_cells(1)
    order = trial.order_of(disturbed.worker_at("silent"))
    before = disturbed.kept()
    process.send_signal(number)
    check_interrupted(disturbed, process, order, before)
    disturbed.check_resumes()


def villain(name: str) -> str:
    return f"{os.environ['GIVEBACK_VILLAINS']}/{name}.so"


@pytest.mark.parametrize("where", STAYS)
def test_a_signal_in_a_phase(tmp_path: Path, where: str):
    disturbed = Trial(tmp_path / "x.jsonl", LARGE, (villain(STAYS[where]),))
    process = disturbed.start()
    order = trial.order_of(disturbed.worker_at(where))
    process.send_signal(signal.SIGINT)
    check_interrupted(disturbed, process, order, b"")
    assert disturbed.cells() == []


def test_a_signal_between_short_cells(tmp_path: Path):
    disturbed = Trial(tmp_path / "x.jsonl")
    process = disturbed.start()
    disturbed.wait_for_cells(3)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=trial.LIMIT_S)
    assert process.returncode == INTERRUPTED, err
    assert disturbed.hint() in err
    disturbed.check_resumes()


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_twice_in_a_row(tmp_path: Path, number: signal.Signals):
    disturbed = Trial(tmp_path / "x.jsonl", SLOW)
    process = disturbed.start()
    order = trial.order_of(disturbed.worker_at("silent"))
    process.send_signal(number)
    process.send_signal(number)
    check_interrupted(disturbed, process, order, b"")
    disturbed.check_resumes()


def test_ctrl_c_reaches_the_whole_group_and_no_worker(tmp_path: Path):
    """A worker that got it would be recorded as crashed by SIGINT."""
    disturbed = Trial(tmp_path / "x.jsonl", SLOW)
    process = disturbed.start(start_new_session=True)
    order = trial.order_of(disturbed.worker_at("silent"))
    os.killpg(process.pid, signal.SIGINT)
    check_interrupted(disturbed, process, order, b"")
    disturbed.check_resumes()


def waiting_launcher(folder: Path) -> Path:
    """A launcher that never begins its worker, and has no child itself."""
    never = folder / "never"
    os.mkfifo(never)
    launcher = folder / "launcher"
    launcher.write_text(f'#!/bin/sh\nread line <{never}\nexec "$@"\n')
    launcher.chmod(0o700)
    return launcher


@pytest.mark.parametrize("number", (*ENDING, signal.SIGKILL))
def test_a_signal_at_start_up_leaves_nothing_behind(tmp_path: Path,
                                                    number: signal.Signals):
    """While the allocators are identified nothing has been measured."""
    disturbed = Trial(tmp_path / "x.jsonl")
    process = disturbed.start("--launcher", str(waiting_launcher(tmp_path)))
    trial.wait_until(lambda: disturbed.workers() != [], "a worker")
    process.send_signal(number)
    process.communicate(timeout=trial.LIMIT_S)
    assert process.returncode != 0
    disturbed.wait_until_alone()
    assert not disturbed.path.exists()


@pytest.mark.parametrize("number", (signal.SIGHUP, signal.SIGINT))
def test_a_signal_that_was_ignored_stays_ignored(tmp_path: Path,
                                                 number: signal.Signals):
    """By nohup(1), and by shells for what they run in the background."""
    disturbed = Trial(tmp_path / "x.jsonl", SLOW)
    process = disturbed.start(
        preexec_fn=lambda: signal.signal(number, signal.SIG_IGN))
    disturbed.worker_at("silent")
    process.send_signal(number)
    _, err = process.communicate(timeout=trial.LIMIT_S)
    assert process.returncode == 0, err
    disturbed.check_whole()


def test_a_resumed_run_can_be_interrupted_again(tmp_path: Path):
    disturbed = Trial(tmp_path / "x.jsonl", SLOW)
    process = disturbed.start()
    for _ in range(2):
        order = trial.order_of(disturbed.worker_at("silent"))
        before = disturbed.kept()
        process.send_signal(signal.SIGINT)
        check_interrupted(disturbed, process, order, before)
        process = disturbed.begin("run", "--resume")
    process.communicate(timeout=trial.LIMIT_S)
    assert process.returncode == 0
    disturbed.check_whole()


def test_a_library_by_its_path_has_to_be_typed_again(tmp_path: Path):
    disturbed = Trial(tmp_path / "x.jsonl", SLOW,
                      (villain("changes_signals"),))
    process = disturbed.start()
    order = trial.order_of(disturbed.worker_at("silent"))
    process.send_signal(signal.SIGINT)
    check_interrupted(disturbed, process, order, b"")
    before = disturbed.kept()
    process = disturbed.start("--resume")
    _, err = process.communicate(timeout=trial.LIMIT_S)
    assert process.returncode == 0, err
    disturbed.check_whole(before)
