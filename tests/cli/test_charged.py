"""What the kernel bills: each memory cell in a cgroup of its own, of which
none stays behind, however the run ends."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import runs

MIB = 2**20
DEADLINE_S = 60.0
# Seconds in a regime: time to find the group while it is there.
SLOW = ("-a", "null", "-w", "fill_drain+objects=1000", "--kind", "memory",
        "--after", "silent", "--settle", "30", "-r", "1")


def folders() -> list[Path]:
    """Where a group of this process may have groups below or beside it."""
    found = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            found.append(Path("/sys/fs/cgroup/memory" + path))
        elif not controllers:
            for root in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
                own = Path(root + path)
                found += [own, own.parent]
    return found


def groups(process: subprocess.Popen[str]) -> list[Path]:
    """Those that a run has made and not yet removed."""
    return [group for folder in folders() if folder.is_dir()
            for group in folder.glob(f"giveback-{process.pid}-*")]


def wait_until(holds: Callable[[], object], what: str) -> None:
    """Polls with growing pauses up to a limit."""
    pause_s, waited_s = 0.001, 0.0
    while not holds():
        assert waited_s < DEADLINE_S, f"waited for {what}"
        time.sleep(pause_s)
        waited_s += pause_s
        pause_s = min(2 * pause_s, 0.2)


def start(path: Path, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [runs.program(), "run", *words, "-o", path], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, encoding="utf-8", env=runs.environment())


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> list[dict]:
    path = tmp_path_factory.mktemp("charged") / "x.jsonl"
    return runs.run(path, "-a", "system", "-w", "fill_drain+objects=1M",
                    "--after", "silent", "--quick", "-r", 1, "-p", 1).cells


@pytest.fixture
def billed(cells: list[dict]) -> dict:
    """A memory cell with the kernel's figures."""
    cell = next(cell for cell in cells if cell["kind"] == "memory")
    if cell["base"]["charged_bytes"] is None:
        pytest.skip("no memory cgroup can be made here")
    return cell


def test_a_memory_cell_is_billed_what_it_holds(billed: dict):
    """Within the page tables and what the kernel books ahead: 64 pages a
    CPU (MEMCG_CHARGE_BATCH)."""
    base = billed["base"]
    ahead_bytes = 64 * 4096 * (os.cpu_count() or 1)
    for sample in billed["samples"]:
        resident = sum(sample[name] - base[name] for name in
                       ("anon_bytes", "shmem_bytes", "page_table_bytes"))
        charged = sample["charged_bytes"] - base["charged_bytes"]
        assert abs(charged - resident) < ahead_bytes + MIB, sample["phase"]
    fill = runs.phase(billed, "fill")
    assert fill["charged_bytes"] > base["charged_bytes"] + 30 * MIB


def test_other_kinds_are_in_no_group_of_their_own(cells: list[dict]):
    for cell in cells:
        if cell["kind"] != "memory":
            assert {sample["charged_bytes"]
                    for sample in cell["samples"]} == {None}


@pytest.fixture
def slow(tmp_path: Path, billed: dict):
    """A run within its cell's regime, its group made."""
    process = start(tmp_path / "slow.jsonl", *SLOW)
    wait_until(lambda: groups(process), "the group")
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM,
                                    signal.SIGHUP])
def test_an_interrupted_run_leaves_no_group(slow, number: int):
    slow.send_signal(number)
    slow.communicate(timeout=DEADLINE_S)
    assert slow.returncode == 130
    assert groups(slow) == []


def test_the_next_run_removes_the_group_of_a_killed_one(slow,
                                                        tmp_path: Path):
    slow.kill()
    slow.communicate(timeout=DEADLINE_S)
    wait_until(lambda: all((group / "cgroup.procs").read_text() == ""
                           for group in groups(slow)), "the worker's end")
    assert groups(slow) != []
    runs.run(tmp_path / "next.jsonl", "-a", "null", "-w",
             "fill_drain+objects=1000", "--kind", "timing", "-p", 1)
    assert groups(slow) == []


@pytest.mark.parametrize("villain", ["crashes", "crashes_at_once", "leaves",
                                     "ignores_signals", "hangs"])
def test_a_cell_that_ends_badly_leaves_no_group(tmp_path: Path, villain: str,
                                                billed: dict):
    process = start(tmp_path / "x.jsonl", "-a", runs.villain(villain), "-w",
                    "fill_drain+objects=10K", "--kind", "memory", "--after",
                    "silent", "--quick", "-r", "1", "--time-limit", "3")
    _, said = process.communicate(timeout=DEADLINE_S)
    assert process.returncode in (0, 1), said
    assert groups(process) == []


def test_nobody_hears_of_it_where_none_can_be_made(tmp_path: Path):
    """In a file system without control groups the figure is null."""
    if os.geteuid() != 0:
        pytest.skip("needs root to hide /sys/fs/cgroup")
    path = tmp_path / "x.jsonl"
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none '
         '/sys/fs/cgroup && exec "$@"', "sh", runs.program(), "run", "-a",
         "null", "-w", "fill_drain+objects=1000", "--kind", "memory",
         "--after", "silent", "--quick", "-r", "1", "-o", path],
        capture_output=True, encoding="utf-8", env=runs.environment())
    if re.search("unshare|mount", done.stderr):
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0
    assert "cgroup" not in done.stderr
    (cell,) = runs.read(path).cells
    assert cell["base"]["charged_bytes"] is None
    assert cell["base"]["anon_bytes"] is not None
