"""Baselines: results of memory cells and counts of instructions, one file
per machine, in a folder that is committed.

A baseline is a results file without timelines and without timing cells:
times pair only within a run. Memory depends on kernel, libc and page size,
so a file carries the machine's id as its name; `any.jsonl` serves machines
that have none, for the counts that nothing but code decides.
"""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .. import controls, results
from ..results import ResultsError
from ..rows import RunLine

ANY_MACHINE = "any"
FOLDER = Path("results/baselines")
KINDS = ("memory", "instructions")
MACHINE_ID = re.compile(r"[0-9A-Za-z-]{1,128}")


def machine_of(path: Path) -> str | None:
    """The machine of a file's first run. Raises ResultsError."""
    row = next(results.stream([path], []))
    assert isinstance(row, RunLine)
    return row.host.machine_id


def find(baseline: Path, head: Path) -> Path:
    """The file to compare `head` with: `baseline` itself or, of a folder,
    that of head's machine, else that of any. Raises ResultsError."""
    if not baseline.is_dir():
        return baseline
    machine = machine_of(head)
    for name in (machine, ANY_MACHINE):
        if name is not None and MACHINE_ID.fullmatch(name) \
                and (found := baseline / f"{name}.jsonl").is_file():
            return found
    raise ResultsError(f"{baseline}: holds no baseline of machine {machine} "
                       f"and no {ANY_MACHINE}.jsonl: make one with `giveback "
                       f"baseline update {head}`")


def file_for(folder: Path, head: Path, any_machine: bool) -> Path:
    """Where the baseline of head's machine belongs. Raises ResultsError."""
    if any_machine:
        return folder / f"{ANY_MACHINE}.jsonl"
    machine = machine_of(head)
    if machine is None or not MACHINE_ID.fullmatch(machine):
        raise ResultsError(f"{head}: tells no machine: give --any-machine")
    return folder / f"{machine}.jsonl"


def lines_of(head: Path) -> Iterator[str]:
    """The lines of a baseline made of `head`, newlines included. Raises
    ResultsError where a cell failed, or there is none."""
    found = results.read([head])
    failed = [cell for cell in found.cells if cell.kind in KINDS
              and cell.outcome not in ("ok", "unsupported")]
    if failed:
        raise ResultsError(
            f"{head}: {failed[0].allocator} of {failed[0].workload} "
            f"{failed[0].outcome}: a baseline takes runs without failures: "
            "measure again")
    control = {name for run in found.runs.values()
               for name in controls.seconds(run)}
    _require_portable_names(head, dict.fromkeys(
        cell.allocator for cell in found.cells
        if cell.kind in KINDS and cell.allocator not in control))
    machines = {run.host.machine_id for run in found.runs.values()}
    if len(machines) > 1:
        raise ResultsError(f"{head}: holds runs of {len(machines)} machines: "
                           "a baseline is of one: give its own file")
    cell_count = 0
    # Not what the program makes of the lines: what they hold, every field.
    with head.open("rb") as file:
        for line in file:
            if not line.endswith(b"\n"):
                break  # torn, as results.read has said
            row = json.loads(line)
            if row["type"] == "cell":
                if row["kind"] not in KINDS or row["outcome"] != "ok":
                    continue
                cell_count += 1
                row["timeline"] = None
                _hide_folder(row.get("identity"))
            else:
                row["command"] = [*map(_without_folders, row["command"])]
                for entry in row["allocators"]:
                    _hide_folder(entry)
                    entry["address"] = _without_folders(entry["address"])
            yield json.dumps(row, separators=(",", ":"),
                             ensure_ascii=False) + "\n"
    if cell_count == 0:
        raise ResultsError(f"{head}: holds no cell of memory or "
                           "instructions: measure with --kind memory")


def _require_portable_names(head: Path, names: Iterable[str]) -> None:
    """Cells of a baseline are found by the names of their allocators. A name
    that holds a folder is found on one machine only."""
    for name in names:
        if "/" in name:
            raise ResultsError(
                f"{head}: the allocator is called {name}: another machine "
                "has it elsewhere: measure again with a name for it, "
                f"-a mine={name}")


def _hide_folder(entry: dict[str, Any] | None) -> None:
    """A baseline is published, and where a library lay is its maker's own
    affair; the hash says which it was."""
    for field in ("library", "adapter"):
        if entry and entry.get(field):
            entry[field] = Path(entry[field]).name


def _without_folders(word: str) -> str:
    """"-a mine=/opt/a/libmine.so:je_" is "-a mine=libmine.so:je_"."""
    return re.sub(r"[^=,\s]*/", "", word)
