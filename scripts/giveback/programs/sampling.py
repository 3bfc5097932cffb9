"""One run of a command for its memory: this process starts it, samples the
tree of its processes from outside, and hears its marks.

Resident memory by statm every 10 ms (every millisecond while the command is
younger than a tenth of a second), which costs microseconds; what only a walk
over page tables tells at every mark and, in between, so rarely that it takes
a twentieth of the time at most.
"""

import os
import resource
import select
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..results import ResultsError
from . import memory, tree
from .marks import START, Relay
from .memory import Reading
from .proof import Proofs

TICK_NS, YOUNG_TICK_NS, YOUNG_NS = 10**7, 10**6, 10**8
WALK_NS, WALK_SHARE = 10**8, 20
# What a program releases on its way out is not what it gives back: the last
# phase is read this long before the end. A pause of 1 s after the last mark
# leaves three quarters of it to settle.
LEAD_NS = 250 * 10**6
PIPE_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Phase:
    """`reading` None: too short to be read."""

    name: str
    wall_ns: int
    reading: Reading | None


@dataclass(slots=True)
class Observation:
    """`status`: as waitpid gave it. `killed_for`: (outcome, reason) where it
    was ended from here. `mapped`: whether the library was seen in the memory
    map of the command's own process; None: it ended before it could be read.
    `without`: other executables of the tree that ran without it, with the
    most each held. `left`: processes that the command left behind."""

    status: int = 0
    killed_for: tuple[str, str] | None = None
    wall_ns: int = 0
    peak_bytes: int = 0
    phases: list[Phase] = field(default_factory=list)
    processes: int = 0
    mapped: bool | None = None
    sha256: str | None = None
    without: dict[str, int] = field(default_factory=dict)
    random_addresses: bool | None = None
    left: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be run, and how far. `library` None: nothing to prove."""

    words: Sequence[str]
    environment: Mapping[str, str]
    library: Path | None
    executable: Path
    time_limit_ns: int
    memory_limit_bytes: int | None
    hide_marks: bool


def observe(order: Order, copy: Callable[[bytes], None]) -> Observation:
    """Runs it to its end; nothing of it lives afterwards. Raises
    ResultsError where it cannot be started."""
    try:
        child = subprocess.Popen(
            order.words, env=order.environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, bufsize=0, process_group=0,
            preexec_fn=lambda: tree.in_child(fixed_addresses=True))
    except OSError as error:
        raise ResultsError(f"{order.words[0]}: cannot be started: "
                           f"{error.strerror}: a script needs a first line "
                           "#!/path/of/its/interpreter") from None
    try:
        return _Watch(order, child, copy).until_end()
    finally:
        tree.end_all()
        child.returncode = 0  # it was waited for here
        assert child.stdout is not None
        child.stdout.close()


class _Watch:
    def __init__(self, order: Order, child: subprocess.Popen,
                 copy: Callable[[bytes], None]) -> None:
        assert child.stdout is not None
        self._order, self._pid = order, child.pid
        self._out = child.stdout.fileno()
        os.set_blocking(self._out, False)
        self._relay = Relay(copy, self._mark, order.hide_marks)
        self._tree = tree.Tree()
        self._found = Observation()
        self._proofs = Proofs(order.library, order.executable, child.pid)
        self._began_ns = self._phase_began_ns = time.monotonic_ns()
        self._phase = START
        # Walks of this phase, as many as may lie within the lead.
        self._walks: deque[Reading] = deque()
        self._next_walk_ns = self._began_ns + WALK_NS
        self._ended = False
        self._found.random_addresses = tree.has_random_addresses(child.pid)

    def until_end(self) -> Observation:
        poll = select.poll()
        poll.register(self._out, select.POLLIN)
        pidfd = os.pidfd_open(self._pid)
        poll.register(pidfd, select.POLLIN)
        tick_ns = self._began_ns
        try:
            while not self._ended:
                self._tick()
                now_ns = time.monotonic_ns()
                step_ns = YOUNG_TICK_NS \
                    if now_ns - self._began_ns < YOUNG_NS else TICK_NS
                tick_ns = max(tick_ns + step_ns, now_ns - step_ns)
                self._wait(poll, tick_ns)
                self._see_ends()
                self._enforce()
        finally:
            os.close(pidfd)
        return self._conclude()

    # ---- what comes in ----------------------------------------------------

    def _wait(self, poll: select.poll, until_ns: int) -> None:
        """Copies output until then, or until the command has ended."""
        while True:
            left_ns = until_ns - time.monotonic_ns()
            events = poll.poll(max(0, -(-left_ns // 10**6)))
            if any(fd == self._out for fd, _ in events) \
                    and not self._copy_some():
                poll.unregister(self._out)
            if any(fd != self._out for fd, _ in events) or left_ns <= 0:
                return

    def _copy_some(self) -> bool:
        """False at the end of the output."""
        try:
            piece = os.read(self._out, PIPE_BYTES)
        except BlockingIOError:
            return True
        self._relay.feed(piece)
        return bool(piece)

    def _see_ends(self) -> None:
        for pid, status, usage in tree.reap():
            if pid == self._pid:
                self._ended = True
                self._found.status = status
                self._found.wall_ns = time.monotonic_ns() - self._began_ns
                self._raise_peak(_told_by(usage))

    def _enforce(self) -> None:
        if self._ended or self._found.killed_for is not None:
            return
        order = self._order
        if time.monotonic_ns() - self._began_ns > order.time_limit_ns:
            self._kill("timed_out", "still running after "
                       f"{order.time_limit_ns // 10**9} s: a longer "
                       "--time-limit gives it more")
        elif order.memory_limit_bytes is not None \
                and self._found.peak_bytes > order.memory_limit_bytes:
            self._kill("failed", "it holds "
                       f"{self._found.peak_bytes >> 20} MiB, and may hold "
                       f"{order.memory_limit_bytes >> 20} MiB of this "
                       "machine's memory")

    def _kill(self, outcome: str, reason: str) -> None:
        self._found.killed_for = outcome, reason
        os.kill(self._pid, signal.SIGKILL)

    # ---- what is read -----------------------------------------------------

    def _tick(self) -> None:
        pids = self._tree.look()
        held = {pid: memory.resident_bytes(pid) for pid in pids}
        living = [pid for pid, size in held.items() if size]
        self._found.processes = max(self._found.processes, len(living))
        self._raise_peak(sum(held.values()))
        self._raise_peak(max(map(memory.high_water_bytes, living),
                             default=0))
        self._proofs.look(held)
        if time.monotonic_ns() >= self._next_walk_ns:
            self._walk(living)

    def _raise_peak(self, size_bytes: int) -> None:
        self._found.peak_bytes = max(self._found.peak_bytes, size_bytes)

    def _walk(self, pids: Sequence[int]) -> Reading:
        began_ns = time.monotonic_ns()
        reading = memory.read(pids, began_ns)
        cost_ns = time.monotonic_ns() - began_ns
        self._next_walk_ns = began_ns + max(WALK_NS, WALK_SHARE * cost_ns)
        self._raise_peak(reading.fields["rss_bytes"] or 0)
        self._walks.append(reading)
        # Of those that are old enough the newest will do.
        while len(self._walks) > 1 \
                and self._walks[1].at_ns <= began_ns - LEAD_NS:
            self._walks.popleft()
        return reading

    def _mark(self, name: str) -> None:
        """At once: what the phase that ends has come to. A mark that is read
        when the command has ended was not flushed: its phase is unknown."""
        if self._ended:
            self._close(None, time.monotonic_ns())
        else:
            reading = self._walk(sorted(self._tree.look()))
            self._close(reading, reading.at_ns)
        self._phase = name

    def _close(self, reading: Reading | None, at_ns: int) -> None:
        self._found.phases.append(Phase(
            self._phase, max(0, at_ns - self._phase_began_ns), reading))
        self._phase_began_ns = at_ns
        self._walks.clear()

    # ---- the end ----------------------------------------------------------

    def _conclude(self) -> Observation:
        end_ns = self._began_ns + self._found.wall_ns
        while self._copy_waiting():
            pass
        self._relay.end()
        before = [walk for walk in self._walks
                  if walk.at_ns <= end_ns - LEAD_NS]
        self._close(before[-1] if before else None, end_ns)
        self._found.left = tree.end_all()
        self._found.mapped = self._proofs.is_mapped
        self._found.sha256 = self._proofs.sha256()
        self._found.without = self._proofs.without()
        return self._found

    def _copy_waiting(self) -> bool:
        """What is in the pipe still; others may hold it open."""
        try:
            piece = os.read(self._out, PIPE_BYTES)
        except BlockingIOError:
            return False
        self._relay.feed(piece)
        return bool(piece)


def _told_by(usage: "resource.struct_rusage") -> int:
    """ru_maxrss, bytes: the greatest of the process and of those it waited
    for. It begins with what this process, its launcher, held: below that it
    says nothing."""
    told = usage.ru_maxrss * 1024
    return told if told > memory.high_water_bytes("self") else 0
