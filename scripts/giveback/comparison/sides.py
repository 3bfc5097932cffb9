"""One side of a comparison: a file, or an allocator of one.

A side keeps figures, not cells: a cell is let go as soon as its figures are
taken, so that files of any length fit.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from .. import controls, metrics, results, summary
from ..nearest import nearest
from ..results import ResultsError
from ..rows import Cell, RunLine
from . import figures
from .figures import Measured
from .verdicts import Failure

ParameterKey = tuple[tuple[str, int | str], ...]
# Workload, parameters, kind, regime.
CellKey = tuple[str, ParameterKey, str, str | None]


@dataclass(frozen=True, slots=True)
class Source:
    """What was typed: FILE or FILE:ALLOCATOR."""

    path: Path
    allocator: str | None

    def __str__(self) -> str:
        return str(self.path) if self.allocator is None \
            else f"{self.path}:{self.allocator}"


@dataclass(frozen=True, slots=True)
class Place:
    """A figure of a workload: what is compared with its like."""

    measured: Measured
    point: str
    workload: str
    parameters: ParameterKey


@dataclass(frozen=True, slots=True)
class Reading:
    """A figure of one process. Pairs are of one run and block."""

    run: str
    block: int
    seed: int
    value: float
    max_live_bytes: int | None
    threaded: bool = False


Readings = dict[Place, list[Reading]]


@dataclass
class Side:
    source: Source
    runs: dict[str, RunLine] = field(default_factory=dict)
    # By allocator, in the order of the file.
    readings: dict[str, Readings] = field(default_factory=dict)
    failed: dict[str, dict[tuple, list[Cell]]] = field(default_factory=dict)
    # What forks and ended well, and of which the host did not tell all that
    # its processes held: places without a figure, by allocator.
    unread: dict[str, set[Place]] = field(default_factory=dict)
    # Which cells ended well, by allocator: see CellKey.
    ended_well: dict[str, set[CellKey]] = field(default_factory=dict)
    # Whether any process of an allocator and workload ran with ASLR on
    # where it should have been off.
    random_addresses: set[str] = field(default_factory=set)
    # max L by workload, parameters and seed: who asked for the same?
    live_bytes: dict[tuple, int] = field(default_factory=dict)
    # The same for the hash of all requests, which account cells give; the
    # order of threads, and with it their hash, no seed decides.
    request_hashes: dict[tuple, str] = field(default_factory=dict)
    counted: set[str] = field(default_factory=set)  # runs, of instructions
    # Names of second references, each with what it repeats.
    seconds: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    places: dict[str, str] = field(default_factory=dict)  # of runs

    @property
    def names(self) -> list[str]:
        """The allocators to compare: a second reference is a control."""
        return [name for name in self.readings if name not in self.seconds]

    @property
    def machines(self) -> dict[str | None, str]:
        """Machine ids, each with the place of its first run."""
        found: dict[str | None, str] = {}
        for run in self.runs.values():
            found.setdefault(run.host.machine_id, self.places[run.id])
        return found

    @property
    def counting(self) -> dict[str | None, str]:
        """What instructions were counted under, each with the place of its
        first run."""
        found: dict[str | None, str] = {}
        for run in self.runs.values():
            if run.id in self.counted:
                found.setdefault(run.counting, self.places[run.id])
        return found

    @property
    def settle_ns(self) -> dict[int, str]:
        """Lengths of regimes, each with the place of its first run. Runs of
        micro-benchmarks have none."""
        found: dict[int, str] = {}
        for run in self.runs.values():
            if not run.regimes:
                continue
            found.setdefault(run.settle_ns, self.places[run.id])
        return found


def parse_source(text: str) -> Source:
    """FILE, or FILE:ALLOCATOR where no file has that whole name."""
    if Path(text).exists() or ":" not in text:
        return Source(Path(text), None)
    # A name of an allocator may hold colons, and so may a file's.
    cuts = [index for index, letter in enumerate(text) if letter == ":"]
    for cut in cuts:
        if Path(text[:cut]).is_file():
            return Source(Path(text[:cut]), text[cut + 1:])
    return Source(Path(text[:cuts[0]]), text[cuts[0] + 1:])


def read(source: Source, chosen: Sequence[Measured]) -> Side:
    """Reads a file and keeps its figures. Raises ResultsError."""
    side = Side(source)
    for line in results.distinct([source.path], side.warnings):
        place, row = line.place, line.row
        if isinstance(row, RunLine):
            side.runs.setdefault(row.id, row)
            side.places.setdefault(row.id, place)
            side.seconds |= controls.seconds(row)
            for entry in row.allocators:
                side.readings.setdefault(entry.allocator, {})
        else:
            _take(side, row, chosen)
    if not (any(side.readings.values()) or side.failed or side.unread):
        raise ResultsError(f"{source.path}: holds no cell to compare: give "
                           "a file with memory, timing or program cells")
    _check_allocator(side)
    return side


def chosen_from(side: Side, source: Source) -> Side:
    """The same file's figures as another source of it."""
    other = replace(side, source=source)
    _check_allocator(other)
    return other


def _check_allocator(side: Side) -> None:
    wanted, names = side.source.allocator, list(side.readings)
    if wanted is not None and wanted not in names:
        raise ResultsError(f"{side.source.path}: has no allocator {wanted}: "
                           f"did you mean {nearest(wanted, names)}?")


def _take(side: Side, cell: Cell, chosen: Sequence[Measured]) -> None:
    if cell.request_hash is not None and not cell.threaded:
        side.request_hashes.setdefault(
            (cell.workload, cell.parameter_key, cell.seed),
            cell.request_hash)
    if cell.kind not in {measured.kind for measured in chosen}:
        return
    mine = side.readings.setdefault(cell.allocator, {})
    key: CellKey = (cell.workload, cell.parameter_key, cell.kind, cell.after)
    if cell.outcome != "ok":
        side.failed.setdefault(cell.allocator, {}).setdefault(
            (*key, cell.outcome), []).append(cell)
        return
    side.ended_well.setdefault(cell.allocator, set()).add(key)
    run = side.runs[cell.run]
    page, delay = run.host.page_bytes, summary.delay_of(run)
    live = metrics.max_live_bytes(cell)
    if cell.kind == "instructions":
        side.counted.add(cell.run)
    if cell.kind == "memory" and cell.aslr is not False:
        side.random_addresses.add(cell.allocator)
    if live is not None:
        side.live_bytes.setdefault(
            (cell.workload, cell.parameter_key, cell.seed), live)
    for measured in chosen:
        found = figures.of_cell(measured, cell, page, delay)
        if found is None:
            point = figures.unread(measured, cell)
            if point is not None:
                side.unread.setdefault(cell.allocator, set()).add(Place(
                    measured, point, cell.workload, cell.parameter_key))
        else:
            place = Place(measured, found[0], cell.workload,
                          cell.parameter_key)
            mine.setdefault(place, []).append(Reading(
                cell.run, cell.block, cell.seed, found[1], live,
                bool(cell.threaded)))


def failures(side: Side, name: str, which: Literal["base", "head"],
             expected: Set[CellKey] = frozenset()) -> list[Failure]:
    """What has no figures. What is unsupported counts only for cells that
    are `expected` to have some."""
    return [Failure(which, name, workload, dict(parameters), kind, after,
                    outcome, cells[0].reason or "", len(cells))
            for (workload, parameters, kind, after, outcome), cells
            in side.failed.get(name, {}).items()
            if outcome != "unsupported"
            or (workload, parameters, kind, after) in expected]


def ran_on(sides: Iterable[Side]) -> dict[str | None, str]:
    """All machines, each with the place of its first run."""
    found: dict[str | None, str] = {}
    for side in sides:
        for machine, place in side.machines.items():
            found.setdefault(machine, place)
    return found
