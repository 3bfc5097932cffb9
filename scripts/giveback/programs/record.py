"""Writes a results file line by line: what is in it was measured whole."""

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any

from ..results import ResultsError


class Record:
    """A new file that begins with the run line. A line is one write and
    synced; an interruption loses none of those before it. Raises
    ResultsError where the file exists or cannot be written."""

    def __init__(self, path: Path, run_line: dict[str, Any]) -> None:
        self.path = path
        self.memory_limit_bytes: int | None = run_line["memory_limit_bytes"]
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL
                               | os.O_APPEND | os.O_CLOEXEC, 0o666)
        except FileExistsError:
            raise ResultsError(f"{path} exists: name another file by -o") \
                from None
        except OSError as error:
            raise self._unwritable(error) from None
        self.append(run_line)

    def __enter__(self) -> "Record":
        return self

    def __exit__(self, kind: type[BaseException] | None,
                 error: BaseException | None,
                 trace: TracebackType | None) -> None:
        os.close(self._fd)

    def append(self, row: dict[str, Any]) -> None:
        line = json.dumps(row, allow_nan=False,
                          separators=(",", ":")).encode() + b"\n"
        before = os.fstat(self._fd).st_size
        try:
            if os.write(self._fd, line) < len(line):
                os.ftruncate(self._fd, before)
                raise ResultsError(f"{self.path}: cannot be written: no "
                                   "space: make room")
            os.fdatasync(self._fd)
        except OSError as error:
            raise self._unwritable(error) from None

    def beside(self, purpose: str) -> Path:
        """A name in the same folder for what is written and read on the
        way."""
        return self.path.with_name(
            f".{self.path.name[:50]}.{purpose}.{os.getpid()}")

    def _unwritable(self, error: OSError) -> ResultsError:
        return ResultsError(f"{self.path}: cannot be written: "
                            f"{error.strerror}: name a file elsewhere by -o")
