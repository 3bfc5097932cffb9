"""A folder for what a verb measures on its way: in the working directory, as
all that giveback writes, and of this process alone."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .results import ResultsError


@contextmanager
def workspace(purpose: str) -> Iterator[Path]:
    """A new folder, gone with all that is in it afterwards. Raises
    ResultsError."""
    folder = Path(f"giveback-{purpose}-{os.getpid()}")
    try:
        folder.mkdir(mode=0o700)  # fails where anything has that name
    except OSError as error:
        raise ResultsError(f"{folder}: cannot be made: {error.strerror}: "
                           "call it in a folder of your own") from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
