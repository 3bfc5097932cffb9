"""Where a verb writes: standard output, or a file or folder that must be
new."""

import os
import shutil
import sys
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
        unnamed = path.with_name(f".{path.name[:50]}.{os.getpid()}")
        with unnamed.open("xb") as file:
            try:
                yield file
                file.flush()
                os.fsync(file.fileno())
                _name(unnamed, path)
            finally:
                unnamed.unlink(missing_ok=True)
    except OSError as error:
        raise ResultsError(f"{path}: cannot be written: {error.strerror}: "
                           "name a file elsewhere by -o") from None


@contextmanager
def folder(path: Path) -> Iterator[Path]:
    """What is written into this folder stands in `path` once all is there:
    what fails leaves nothing behind. Raises ResultsError."""
    _refuse(path, "folder")
    unnamed = path.parent / f".{path.name[:50]}.{os.getpid()}"
    try:
        unnamed.mkdir()
        try:
            yield unnamed
            _refuse(path, "folder")
            unnamed.rename(path)
        finally:
            shutil.rmtree(unnamed, ignore_errors=True)
    except OSError as error:
        raise ResultsError(f"{path}: cannot be written: {error.strerror}: "
                           "name a folder elsewhere by -o") from None


def _refuse(path: Path, what: str = "file") -> None:
    if os.path.lexists(path):
        raise ResultsError(f"{path} exists: name another {what} by -o")


def _name(unnamed: Path, path: Path) -> None:
    """Never over a file that came in the meantime, where the file system
    can link; else looked at once more."""
    try:
        os.link(unnamed, path)
    except FileExistsError:
        _refuse(path)
    except OSError:
        _refuse(path)
        os.rename(unnamed, path)
