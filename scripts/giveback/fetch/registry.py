"""The registry of fetched packages: registry.json in their folder.

Written whole and renamed, so that a reader never sees half of it; fetching
holds a lock on the folder.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from .apt import FetchError
from .package import Package

SCHEMA = 1
NAME = "registry.json"


def read(folder: Path) -> list[Package]:
    """The packages there are; none where there is no registry."""
    path = folder / NAME
    try:
        registry = json.loads(path.read_text())
        if registry["schema"] != SCHEMA:
            raise FetchError(f"{path}: schema {registry['schema']!r:.20}: "
                             "remove the folder and fetch again")
        return [Package(**{**row, "library_path": tuple(row["library_path"])})
                for row in registry["packages"]]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as error:
        raise FetchError(f"{path}: cannot be read ({error}): remove the "
                         "folder and fetch again") from None


def write(folder: Path, packages: list[Package]) -> None:
    """Replaces the registry."""
    part = folder / f"{NAME}.part"
    rows = {"schema": SCHEMA, "packages": [asdict(row) for row in packages]}
    with part.open("w") as file:
        json.dump(rows, file, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / NAME)


def with_package(packages: list[Package], new: Package) -> list[Package]:
    """The packages with the new one at the end, in the place of the version
    that the suite had before."""
    kept = [row for row in packages
            if (row.suite, row.package) != (new.suite, new.package)]
    return [*kept, new]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Nobody else fetches into the folder meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FetchError(f"{folder}: another fetch is under way: wait "
                             "for its end") from None
        yield
    finally:
        os.close(descriptor)
