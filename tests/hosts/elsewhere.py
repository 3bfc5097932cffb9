"""The program on a host that this one is not.

A launcher stands before the whole program (`on_host`) or, by --launcher,
before its workers alone. Where this machine does not let a launcher do its
work the test is skipped with the launcher's own reason.
"""

import os
import socket
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import runs

CANNOT = 77  # what a launcher exits with
SMALL = ("-a", "system", "-w", "fill_drain+objects=100000", "--quick",
         "-r", "1")
MEMORY = (*SMALL, "--kind", "memory", "--after", "silent")
TIMING = (*SMALL, "--kind", "timing", "-p", "1")  # no regime to wait for


def launcher(name: str) -> str:
    """refuse, over or tell: tests/hosts/launchers."""
    return os.environ[f"LAUNCH_{name}"]


def over(*pairs: object) -> list[str]:
    """A command that mounts each first of two over the second."""
    return [launcher("over"), *map(str, pairs), "--"]


def refusing(*calls: str) -> list[str]:
    return [launcher("refuse"), ",".join(calls)]


def require(prefix: list[str]) -> None:
    """Skips the test where the launcher cannot do its work here."""
    tried = subprocess.run([*prefix, "/bin/true"], capture_output=True,
                           encoding="utf-8")
    if tried.returncode == CANNOT:
        pytest.skip(tried.stderr.strip())
    assert tried.returncode == 0, tried.stderr


def unopenable(folder: Path) -> Path:
    """A file that nobody can open, root neither: mounted over another it
    hides that one."""
    path = folder / "s"
    with socket.socket(socket.AF_UNIX) as made:
        here = os.getcwd()
        os.chdir(folder)  # the path of a socket may have 107 bytes only
        try:
            made.bind("s")
        finally:
            os.chdir(here)
    return path


def giveback(prefix: list[str],
             *arguments: object) -> subprocess.CompletedProcess[str]:
    require(prefix)
    return subprocess.run(
        [*prefix, runs.program(), *map(str, arguments)], capture_output=True,
        encoding="utf-8", timeout=runs.TIMEOUT_S, env=runs.environment(),
        stdin=subprocess.DEVNULL)


def on_host(prefix: list[str], path: Path,
            *arguments: object) -> runs.Results:
    """`giveback run` behind the launcher, its file checked."""
    ended = giveback(prefix, "run", *arguments, "-o", path)
    assert path.exists(), ended.stderr
    runs.check_file(path)
    return replace(runs.read(path), exit_status=ended.returncode,
                   out=ended.stdout, err=ended.stderr)


def worker_on(prefix: list[str], path: Path,
              *arguments: object) -> runs.Results:
    """`giveback run` with its workers alone behind the launcher."""
    require(prefix)
    return runs.run(path, *arguments, "--launcher", " ".join(prefix))


def known(cell: dict, *fields: str) -> bool:
    """Whether base and every sample have these figures."""
    return all(row[field] is not None for field in fields
               for row in (cell["base"], *cell["samples"]))


def unknown(cell: dict, *fields: str) -> bool:
    return all(row[field] is None for field in fields
               for row in (cell["base"], *cell["samples"]))


def shown(results: runs.Results) -> str:
    """The table as one line: its sentences may be wrapped."""
    return " ".join(results.out.split())
