"""The processes below this one, and the end of them.

This process is made the reaper of its descendants (PR_SET_CHILD_SUBREAPER):
what a command forks twice and leaves behind stays below it and is found.
"""

import ctypes
import os
import signal
import time
from collections.abc import Iterator

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
ADDR_NO_RANDOMIZE = 0x0040000  # linux/personality.h
THIS_PERSONALITY = 0xFFFFFFFF  # asks, changes nothing
KILL_TIMEOUT_S = 10

_libc = ctypes.CDLL(None, use_errno=True)


def become_reaper() -> None:
    """What loses its parent below this process becomes its child. Raises
    OSError."""
    if _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")


def in_child(fixed_addresses: bool) -> None:
    """Between fork and exec: the child dies with this process, and where
    asked for its addresses are not random."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if fixed_addresses:
        _libc.personality(_libc.personality(THIS_PERSONALITY)
                          | ADDR_NO_RANDOMIZE)


def has_random_addresses(pid: int) -> bool | None:
    """Whether that process was started so; None where it cannot be read."""
    try:
        with open(f"/proc/{pid}/personality", encoding="ascii") as file:
            return not int(file.read(), 16) & ADDR_NO_RANDOMIZE
    except (OSError, ValueError):
        return None


class Tree:
    """Descendants of this process, found with little work: a process is
    looked at once, when it is new, for what descends and what does not
    never changes into the other."""

    def __init__(self) -> None:
        self._mine: set[int] = set()
        self._strangers: set[int] = set()

    def look(self) -> set[int]:
        """The process ids of all that live, zombies too."""
        present = {int(name) for name in os.listdir("/proc")
                   if name.isdigit()}
        self._mine &= present
        self._strangers &= present
        fresh = {pid: parent for pid in present - self._mine - self._strangers
                 if (parent := parent_of(pid)) is not None}
        known = {os.getpid()} | self._mine
        while found := {pid for pid, parent in fresh.items()
                        if parent in known}:
            known |= found
            self._mine |= found
            for pid in found:
                del fresh[pid]
        self._strangers |= fresh.keys()
        return set(self._mine)


def parent_of(pid: int) -> int | None:
    """None once it is gone."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The name in parentheses may hold anything.
            return int(file.read().rpartition(b")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return None


def reap() -> Iterator[tuple[int, int, "os.struct_rusage"]]:
    """(pid, wait status, usage) of each child that has ended."""
    while True:
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid, status, usage


def end_all() -> int:
    """Kills whatever is left below this process and waits for it; how many
    they were. Each look may find what was forked since the last."""
    killed: set[int] = set()
    limit = time.monotonic() + KILL_TIMEOUT_S
    while time.monotonic() < limit:
        for _ in reap():
            pass
        living = Tree().look()
        if not living:
            break
        for pid in living:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        killed |= living
        time.sleep(0.001)
    return len(killed)
