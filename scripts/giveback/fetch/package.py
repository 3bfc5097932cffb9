"""What an extracted package holds, and what it takes to load it.

Whether a library loads is asked of loaders themselves, by their --list: they
check every version that is needed, and run nothing of the library.
"""

import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

LIBRARY = re.compile(r"lib[^/]*\.so(\.[\w.]+)*$")
# glibc's: under musl's the program would not run.
LOADER = re.compile(r"ld(?!-musl)(-linux)?[\w-]*\.so\.\d+$")


@dataclass(frozen=True, slots=True)
class Package:
    """A row of the registry; paths are relative to its folder."""

    suite: str
    package: str
    version: str
    libraries: dict[str, str] = field(default_factory=dict)
    loader: str | None = None
    library_path: tuple[str, ...] = ()
    because: str | None = None  # why it has a loader of its own


def libraries_in(root: Path, base: Path) -> dict[str, str]:
    """The shared libraries below `root` that are for this machine, by their
    names, as paths from `base`. Links count under their own names: a soname
    is one."""
    found = {}
    for path in sorted(root.rglob("lib*.so*")):
        if LIBRARY.match(path.name) and path.is_file() \
                and _machine(path) == _machine(Path("/proc/self/exe")):
            found.setdefault(path.name, str(path.relative_to(base)))
    return found


def _machine(path: Path) -> bytes | None:
    """Class, byte order and machine of an ELF file (elf(5)); None: it is
    none."""
    with path.open("rb") as file:
        head = file.read(20)
    return head[4:6] + head[18:20] if head[:4] == b"\x7fELF" else None


def folders_of(libraries: Iterable[str]) -> tuple[str, ...]:
    """The folders in which these files lie."""
    return tuple(dict.fromkeys(str(Path(path).parent) for path in libraries))


def loader_in(root: Path, base: Path) -> str | None:
    """The loader of a libc: the file itself, behind what links to it."""
    for path in sorted(root.rglob("ld*.so.*")):
        if LOADER.match(path.name) and path.is_file():
            return str(path.resolve().relative_to(base.resolve()))
    return None


def own_loader() -> Path:
    """The loader of this system: the one that this process has."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        path = Path(line.split()[-1])
        if path.is_absolute() and LOADER.match(path.name):
            return path
    raise FileNotFoundError("this process has no loader of glibc's")


def loads_under(loader: Path, search: Sequence[Path],
                library: Path) -> str | None:
    """None where this loader can load the library and all that it needs; else
    what it says. It looks in `search` before the system's own folders."""
    path = ["--library-path", ":".join(map(str, search))] if search else []
    try:
        done = subprocess.run(
            [str(loader), *path, "--list", str(library)],
            capture_output=True, text=True, stdin=subprocess.DEVNULL,
            env={"LC_ALL": "C", "LD_WARN": "yes"})
    except OSError as error:
        return f"{loader.name}: {os.strerror(error.errno or 0)}"
    return _complaint(done.returncode, done.stdout + done.stderr)


def _complaint(status: int, said: str) -> str | None:
    """Of the versions that are missing the newest says it. A loader warns of
    them and of missing libraries, and ends well."""
    needed = re.findall(r"version `([^']+)' not found", said)
    if needed:
        newest = max(needed, key=_numbers)
        return f"it needs {newest}, which this system's libraries lack"
    missing = re.search(r"^\s*(\S+) => not found", said, re.M)
    if missing:
        return f"it needs {missing[1]}, which is not there"
    lines = said.strip().splitlines()
    return (lines[-1] if lines else f"exit status {status}") \
        if status else None


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)]
