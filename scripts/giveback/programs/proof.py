"""Which processes of a command have the library in their memory map: what
was asked of the loader may still have been refused."""

import hashlib
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# The loader maps within a millisecond or two what it maps at all.
LOADED_NS = 20 * 10**6

FileId = tuple[int, int]  # device and inode: a path has several spellings


@dataclass(slots=True)
class _Lack:
    executable: str
    since_ns: int
    until_ns: int

    @property
    def is_certain(self) -> bool:
        return self.until_ns - self.since_ns >= LOADED_NS


class Proofs:
    """Looks at each process until it has the library, and again when it has
    become another executable. `library` None: nothing is to be proven.
    `command` is the process that was started, which behind env(1) becomes
    `executable`."""

    def __init__(self, library: Path | None, executable: Path,
                 command: int) -> None:
        self._library, self._command = library, command
        self._file = None if library is None else _file_of(str(library))
        self._executable = _file_of(str(executable))
        self._has: dict[int, str] = {}  # the executable that had it
        self._lacks: dict[int, _Lack] = {}
        self._held: dict[int, int] = {}  # the most, bytes
        self._own_has = False

    @property
    def is_mapped(self) -> bool | None:
        """In the command's own process; None where that ended, or had not
        become its executable, before the loader can have been done."""
        if self._library is None or self._own_has:
            return None if self._library is None else True
        lack = self._lacks.get(self._command)
        return False if lack is not None and lack.is_certain else None

    def sha256(self) -> str | None:
        """Of the library's file."""
        return None if self._library is None \
            else hashlib.sha256(self._library.read_bytes()).hexdigest()

    def without(self) -> dict[str, int]:
        """Names of other executables that ran without it, and the most that
        a process of each held, bytes."""
        found: dict[str, int] = {}
        for pid, lack in self._lacks.items():
            if pid != self._command and lack.is_certain:
                name = Path(lack.executable).name
                found[name] = max(self._held[pid], found.get(name, 0))
        return found

    def look(self, held: Mapping[int, int]) -> None:
        """`held`: resident bytes of each process that lives."""
        for pid, size in held.items() if self._file is not None else ():
            self._held[pid] = max(size, self._held.get(pid, 0))
            try:
                executable = os.readlink(f"/proc/{pid}/exe")
                if self._has.get(pid) != executable:
                    self._look_at(pid, executable)
            except OSError:
                continue  # it has ended

    def _look_at(self, pid: int, executable: str) -> None:
        if self._file in _files_of(pid):
            self._has[pid] = executable
            self._lacks.pop(pid, None)
            if pid == self._command \
                    and _file_of(executable) == self._executable:
                self._own_has = True
            return
        now_ns = time.monotonic_ns()
        lack = self._lacks.get(pid)
        if lack is None or lack.executable != executable:
            self._lacks[pid] = _Lack(executable, now_ns, now_ns)
        else:
            lack.until_ns = now_ns


def _files_of(pid: int) -> set[FileId]:
    """Of its memory map. Raises OSError once it has ended."""
    with open(f"/proc/{pid}/maps", "rb") as file:
        paths = {line.split(None, 5)[5].rstrip(b"\n")
                 for line in file if b"/" in line}
    return {known for path in paths
            if (known := _file_of(os.fsdecode(path))) is not None}


def _file_of(path: str) -> FileId | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
