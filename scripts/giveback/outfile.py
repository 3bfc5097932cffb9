"""Where a verb writes: standard output, or a file that must be new."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from .results import ResultsError


@contextmanager
def opened(path: Path | None) -> Iterator[BinaryIO]:
    """Bytes written here are on standard output, or in the file `path`,
    which gets its name once all is there: what fails leaves nothing behind.
    Raises ResultsError."""
    if path is None:
        yield sys.stdout.buffer
        return
    _refuse(path)
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False,
                                         prefix=f".{path.name[:50]}.") as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                os.fchmod(file.fileno(), 0o666 & ~_umask())
                _name(file.name, path)
            finally:
                Path(file.name).unlink(missing_ok=True)
    except OSError as error:
        raise ResultsError(f"{path}: cannot be written: {error.strerror}: "
                           "name a file elsewhere by -o") from None


def _refuse(path: Path) -> None:
    if os.path.lexists(path):
        raise ResultsError(f"{path} exists: name another file by -o")


def _name(temporary: str, path: Path) -> None:
    """Never over a file that came in the meantime, where the file system
    can link; else looked at once more."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        _refuse(path)
    except OSError:
        _refuse(path)
        os.rename(temporary, path)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
