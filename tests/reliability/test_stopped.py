"""A parent that stood still loses no cell. SIGSTOP and SIGCONT, or Ctrl-Z and
fg: the workers go on, and what they sampled bears the real times."""

import os
import signal
import subprocess
import time
from pathlib import Path

import trial
from trial import SLOW, Trial

MOMENTS_NS = (10**7, 10**8, 10**9)  # harness/regime.c, up to a second
LATE_NS = 3 * 10**9                 # on a busy machine
STOP_S = 5.0                        # later than the latest of them


def stand_still(disturbed: Trial, process: subprocess.Popen[str]) -> str:
    """Stops the parent's group in a regime, as Ctrl-Z does, at least until
    the worker has to wait for it; returns the allocator of that worker."""
    worker = disturbed.worker_at("silent")
    label = trial.order_of(worker)["allocator"].split("=")[0]
    began_s = time.monotonic()
    os.killpg(process.pid, signal.SIGSTOP)
    trial.wait_until(lambda: trial.waits_for_its_turn(worker),
                     "a worker that waits for its turn")
    trial.wait_until(lambda: time.monotonic() - began_s > STOP_S, "the time")
    os.killpg(process.pid, signal.SIGCONT)
    return label


def check_samples(cell: dict) -> None:
    """Those of the regime came when they were due, by the worker's clock;
    the tail had to wait, and says so."""
    silent = [row["since_drain_ns"] for row in cell["samples"]
              if row["phase"] == "silent"]
    assert len(silent) == len(MOMENTS_NS)
    for moment_ns, since_ns in zip(MOMENTS_NS, silent):
        assert moment_ns <= since_ns < moment_ns + LATE_NS
    poke, = (row for row in cell["samples"] if row["phase"] == "poke")
    assert poke["since_drain_ns"] > (STOP_S - 1) * 10**9
    # Nobody looked from outside meanwhile: that is unknown, not unchanged.
    assert cell["timeline"] is None


def test_no_cell_is_lost_and_times_are_real(tmp_path: Path):
    disturbed = Trial(tmp_path / "x.jsonl", SLOW)
    process = disturbed.start(start_new_session=True)
    label = stand_still(disturbed, process)
    _, err = process.communicate(timeout=trial.LIMIT_S)
    assert process.returncode == 0, err
    disturbed.check_whole()
    for cell in disturbed.cells():
        if cell["allocator"] == label:
            check_samples(cell)
        else:
            assert cell["timeline"] is not None


def test_the_time_that_it_stood_still_is_not_the_workers(tmp_path: Path):
    """The limit is over when the parent goes on, but the worker had to wait
    for it."""
    disturbed = Trial(tmp_path / "x.jsonl", (*SLOW, "-t", "4"), ("system",))
    process = disturbed.start(start_new_session=True)
    stand_still(disturbed, process)
    _, err = process.communicate(timeout=trial.LIMIT_S)
    assert process.returncode == 0, err
    disturbed.check_whole()
