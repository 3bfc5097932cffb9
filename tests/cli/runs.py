"""Runs the program as users do and reads what it wrote.

Shared by the tests of the command line, of the contracts and of the
instruments. The program is the one that GIVEBACK names.
"""

import functools
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "golden"
VALIDATE = ROOT / "tests" / "scripts" / "validate.py"
TIMEOUT_S = 900  # a hang, and no measure of speed: machines are shared


def program() -> str:
    return os.environ["GIVEBACK"]


def villain(name: str) -> str:
    """The address of a library of tests/villains, called by its name."""
    return f"{name}={os.environ['GIVEBACK_VILLAINS']}/{name}.so"


def environment(**changes: str) -> dict[str, str]:
    """The caller's without what changes the output, and with `changes`."""
    kept = {key: value for key, value in os.environ.items()
            if key not in ("ARGP_HELP_FMT", "NO_COLOR", "COLUMNS")}
    return kept | {"LC_ALL": "C.UTF-8"} | changes


def giveback(*arguments: object, cwd: Path | None = None,
             timeout_s: float = TIMEOUT_S,
             **changes: str) -> subprocess.CompletedProcess[str]:
    """Runs the program in pipes, to its end."""
    return subprocess.run(
        [program(), *map(str, arguments)], capture_output=True, cwd=cwd,
        encoding="utf-8", timeout=timeout_s, env=environment(**changes),
        stdin=subprocess.DEVNULL)


@dataclass(frozen=True)
class Results:
    """A result file, and how the run that wrote it ended."""

    run: dict
    cells: list[dict]
    exit_status: int = 0
    out: str = ""
    err: str = ""

    def one(self, **wanted: object) -> dict:
        """The only cell with these fields."""
        found = [cell for cell in self.cells
                 if all(cell[key] == value for key, value in wanted.items())]
        assert len(found) == 1, f"{len(found)} cells with {wanted}"
        return found[0]


def read(path: Path) -> Results:
    """The lines of a file, whole and torn ones apart: the torn is left out."""
    whole, _, _ = path.read_bytes().rpartition(b"\n")
    rows = [json.loads(line) for line in whole.splitlines()]
    assert rows and rows[0]["type"] == "run", f"{path} begins with no run"
    return Results(rows[0], rows[1:])


def check_file(path: Path) -> None:
    """The file keeps results/schema.json, and the reader takes it."""
    checked = subprocess.run([sys.executable, "-B", VALIDATE, path],
                             capture_output=True, encoding="utf-8")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def run(path: Path, *arguments: object, **changes: str) -> Results:
    """`giveback run ... -o path`, its file checked against the schema."""
    ended = giveback("run", *arguments, "-o", path, **changes)
    assert path.exists(), ended.stderr
    check_file(path)
    results = read(path)
    return Results(results.run, results.cells, ended.returncode,
                   ended.stdout, ended.stderr)


def lists(option: str, addresses: Iterable[str]) -> list[str]:
    """Each address behind an option of its own."""
    return [word for address in addresses for word in (option, address)]


def key(cell: dict) -> str:
    """What tells a cell of one run from the others."""
    fields = ("allocator", "workload", "parameters", "kind", "after",
              "repetition")
    return json.dumps([cell[field] for field in fields])


def phases(cell: dict, name: str) -> list[dict]:
    return [row for row in cell["samples"] if row["phase"] == name]


def phase(cell: dict, name: str) -> dict:
    """The only sample of a phase."""
    found = phases(cell, name)
    assert len(found) == 1, f"{len(found)} samples {name} in {key(cell)}"
    return found[0]


@functools.cache
def variants() -> dict[str, list[str]]:
    """Every allocator that the program knows, with its variants."""
    said = giveback("list", "allocators").stdout
    known: dict[str, list[str]] = {}
    name = ""
    for line in said.splitlines():
        if match := re.match(r"(\w+): ", line):
            name = match[1]
            known[name] = []
        elif match := re.match(r" {4}:(\S+) ", line):
            known[name].append(match[1])
    assert "system" in known and "default" in known["system"], said
    return known


@functools.cache
def workloads() -> dict[str, list[str]]:
    """Every workload that the program knows, with its parameters."""
    said = giveback("list", "workloads").stdout
    known: dict[str, list[str]] = {}
    name = ""
    for line in said.splitlines():
        if match := re.match(r"(\w+): ", line):
            name = match[1]
            known[name] = []
        elif match := re.match(r" {4}\+(\w+)=", line):
            known[name].append(match[1])
        elif line and not line.startswith(" "):
            break  # what every workload has
    assert "fill_drain" in known and "objects" in known["fill_drain"], said
    return known


def workers(seed: int) -> list[int]:
    """The worker processes that run with this seed: to see who lives."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            words = (entry / "cmdline").read_bytes() if entry.name.isdigit() \
                else b""
        except OSError:
            continue  # it has ended meanwhile
        # The worker cuts its own words at the equals signs.
        if b"\0cell\0" in words and re.search(rb"seed[=\0]%d\0" % seed,
                                               words):
            found.append(int(entry.name))
    return found
