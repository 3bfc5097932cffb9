"""A run that is disturbed on purpose, and what must hold afterwards.

Every trial has a mark of its own: it begins the name that each allocator
gets, so each of its workers has it in the command line, and nobody else's.
"""

import json
import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import runs

LIMIT_S = 120.0  # generous: what is waited for takes a second or two
SOON_S = 5.0     # the kernel's own doing, on a busy machine
REPORT_FD, TURN_FD = 3, 4  # harness/child.h
ORDER_KEYS = ("allocator", "workload", "kind", "after", "seed")
WHERE_OFFSET, WHERE_BYTES = 64, 32  # harness/report.h: the second cache line

ALLOCATORS = ("system", "null", "bump")
# No regime: a cell takes some milliseconds.
FAST = ("-w", "fill_drain+objects=1000,survivors+objects=1000", "--kind",
        "timing,account", "-p", "2", "-r", "1")
# One after the other, a second each: time to find one in its regime.
SLOW = ("-w", "fill_drain+objects=1000", "--kind", "memory", "--after",
        "silent", "--quick", "-r", "1", "-j", "1")

Key = tuple[object, ...]

started: list[subprocess.Popen[str]] = []  # by anybody, to be ended for sure


def end_all() -> None:
    """Leaves no process behind a test that failed."""
    for process in started:
        if process.poll() is None:
            process.kill()
            process.wait()
    started.clear()


def wait_until(holds: Callable[[], bool], what: str,
               limit_s: float = LIMIT_S, pause_s: float = 0.0005) -> float:
    """Polls with growing pauses up to a limit; returns the seconds."""
    began_s = time.monotonic()
    while not holds():
        waited_s = time.monotonic() - began_s
        assert waited_s < limit_s, f"waited {waited_s:.1f} s for {what}"
        time.sleep(pause_s)
        pause_s = min(1.5 * pause_s, 0.1)
    return time.monotonic() - began_s


def new_mark() -> str:
    return "m" + os.urandom(5).hex()


@dataclass
class Trial:
    """One result file and the command that makes it."""

    path: Path
    arguments: tuple[str, ...] = FAST
    allocators: tuple[str, ...] = ALLOCATORS
    mark: str = field(default_factory=new_mark)

    def command(self) -> list[str]:
        """An allocator is a name, or the path of a library."""
        aliases = (f"{self.mark}{Path(address).stem}={address}"
                   for address in self.allocators)
        return ["run", "-a", ",".join(aliases), *self.arguments]

    def start(self, *more: str, **options: Any) -> subprocess.Popen[str]:
        """In pipes, unless `options` say otherwise."""
        return self.begin(*self.command(), *more, **options)

    def begin(self, *arguments: str, before: tuple[str, ...] = (),
              **options: Any) -> subprocess.Popen[str]:
        """The program on its file, with words put before it."""
        ours: dict[str, Any] = {
            "stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE, "env": runs.environment()}
        process = subprocess.Popen(
            [*before, runs.program(), *arguments, "-o", str(self.path)],
            encoding="utf-8", **(ours | options))
        started.append(process)
        return process

    def resume(self, **options: Any) -> subprocess.CompletedProcess[str]:
        """By the file's own command, to the end."""
        process = self.begin("run", "--resume", **options)
        out, err = process.communicate(timeout=LIMIT_S)
        return subprocess.CompletedProcess(
            process.args, process.returncode, out, err)

    # ---- its workers -------------------------------------------------------

    def workers(self) -> list[int]:
        """Its living workers, those that only prove an identity too."""
        return [pid for pid, words in command_lines()
                if "cell" in words and self.mark in " ".join(words)]

    def worker_at(self, where: str) -> int:
        """Waits until one is at a place of harness/run.c; its process."""
        found: list[int] = []

        def is_there() -> bool:
            found[:] = [pid for pid in self.workers()
                        if whereabouts(pid) == where]
            return bool(found)

        wait_until(is_there, f"a worker in {where}")
        return found[0]

    def wait_until_alone(self, limit_s: float = SOON_S) -> float:
        """Waits for the end of every worker; returns the seconds."""
        return wait_until(lambda: not self.workers(),
                          f"the end of the workers {self.mark}", limit_s)

    # ---- its file ----------------------------------------------------------

    def kept(self) -> bytes:
        """The whole lines of the file; empty where there is none."""
        whole = self.path.read_bytes() if self.path.exists() else b""
        return whole[:whole.rfind(b"\n") + 1]

    def rows(self) -> list[dict]:
        return rows_of(self.kept())

    def cells(self) -> list[dict]:
        return self.rows()[1:]

    def wait_for_cells(self, count: int) -> None:
        wait_until(lambda: self.kept().count(b"\n") > count,
                   f"{count} cells in {self.path}")

    # ---- what must hold ----------------------------------------------------

    def planned(self) -> Counter[Key]:
        """The cells that `run --dry-run` tells of."""
        said = runs.giveback(*self.command(), "--dry-run").stdout
        keys = [plan_key(line) for line in said.splitlines()[:-1]]
        assert said.splitlines()[-1].startswith(f"{len(keys)} cells"), said
        return Counter(keys)

    def check_part(self, before: bytes = b"") -> None:
        """Each cell there is was planned, measured to its end, and is there
        once; what was there before is unchanged."""
        kept = self.kept()
        assert kept.startswith(before), "what was kept has changed"
        if not kept:
            return
        run, *cells = self.rows()
        assert {cell["run"] for cell in cells} <= {run["id"]}
        # `null` fails honestly where blocks are checked; nothing else may.
        for cell in cells:
            if (cell["kind"], cell["allocator"]) != \
                    ("account", f"{self.mark}null"):
                assert cell["outcome"] == "ok", cell["reason"]
            assert cell["signal"] is None, cell["reason"]
        held = Counter(map(cell_key, cells))
        assert held <= self.planned(), held - self.planned()

    def check_whole(self, before: bytes = b"",
                    validate: Callable[[Path], None] = runs.check_file
                    ) -> None:
        """The same, and not one planned cell is missing."""
        assert self.path.read_bytes() == self.kept(), "a torn line"
        self.check_part(before)
        validate(self.path)
        held = Counter(map(cell_key, self.cells()))
        assert held == self.planned(), self.planned() - held

    def check_resumes(self) -> None:
        """Nothing runs any more, and --resume brings what is missing."""
        self.wait_until_alone()
        before = self.kept()
        self.check_part()
        ended = self.resume()
        assert ended.returncode in (0, 1), ended.stderr
        assert "results are in" in ended.stderr
        self.check_whole(before)

    def hint(self) -> str:
        """How to go on, as the program says it. A result file may not choose
        what is loaded, so a library has to be typed again."""
        if any("/" in address for address in self.allocators):
            return ("go on with the same command and --resume, into "
                    f"{self.path}")
        return f"go on with: giveback run --resume -o {self.path}"


def rows_of(lines: bytes) -> list[dict]:
    return [json.loads(line) for line in lines.splitlines()]


def plan_key(line: str) -> Key:
    """Of a line `block 0 position 1: timing - NAME+k=v ALLOCATOR, seed 1`."""
    place, _, rest = line.partition(": ")
    _, block, _, position = place.split()
    kind, after, workload, allocator, _, seed = rest.split()
    return (int(block), int(position), kind, after, workload.split("+")[0],
            allocator.rstrip(","), int(seed))


def cell_key(cell: dict) -> Key:
    return (cell["block"], cell["position"], cell["kind"],
            cell["after"] or "-", cell["workload"], cell["allocator"],
            cell["seed"])


def command_line(pid: int) -> list[str]:
    """Empty once it is gone, and of one that has ended."""
    try:
        whole = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return []
    return whole.decode("utf-8", "replace").split("\0")


def command_lines() -> list[tuple[int, list[str]]]:
    return [(int(name), command_line(int(name)))
            for name in os.listdir("/proc") if name.isdigit()]


def whereabouts(pid: int) -> str:
    """What a worker says that it does, in the report it shares."""
    try:
        with open(f"/proc/{pid}/fd/{REPORT_FD}", "rb") as report:
            report.seek(WHERE_OFFSET)
            text = report.read(WHERE_BYTES)
    except OSError:
        return ""  # it has not begun, or ended
    return text.split(b"\0")[0].decode("ascii", "replace")


def waits_for_its_turn(pid: int) -> bool:
    """Whether it is in a system call on the socket of turns."""
    try:
        words = Path(f"/proc/{pid}/syscall").read_text().split()
    except OSError:
        return False
    return len(words) > 1 and words[1] == hex(TURN_FD)


def order_of(pid: int) -> dict[str, str]:
    """The order of a worker, from its command line. The worker cuts key=value
    in two where it stands."""
    words = command_line(pid)
    order: dict[str, str] = {}
    while words:
        key, equals, value = words.pop(0).partition("=")
        if key in ORDER_KEYS:
            order[key] = value if equals else words.pop(0)
    assert set(order) == set(ORDER_KEYS), f"{pid} is no worker: {order}"
    return order


def holds_cell_of(cells: list[dict], order: dict[str, str]) -> bool:
    """Whether the cell that a worker was ordered to run is among them."""
    label = order["allocator"].split("=")[0]
    return any(cell["allocator"] == label and cell["kind"] == order["kind"]
               and cell["workload"] == order["workload"].split("+")[0]
               and (cell["after"] or "") == order["after"]
               and cell["seed"] == int(order["seed"]) for cell in cells)
