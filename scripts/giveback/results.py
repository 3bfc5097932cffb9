"""Reads results files: the only module that opens one.

Every error carries FILE:LINE, what went wrong and what to do. A torn last
line is what an interrupted write leaves behind: it is dropped with a
warning. Anything torn elsewhere is an error.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from .decode import DecodeError, decode
from .rows import SCHEMA, Cell, RunLine

# A cell's timeline at 1 kHz needs about 40 bytes a point: half an hour of
# change in every millisecond fits.
MAXIMUM_LINE_BYTES = 64 * 2**20

NOT_OURS = "give a file that `giveback run` wrote"
DAMAGED = "the file is damaged: run the benchmark again"


class ResultsError(Exception):
    """One line for the user: place: what went wrong: what to do."""


class _Torn(Exception):
    """A line that ends before its JSON does."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: where it stands, its bytes, its JSON and what it says."""

    path: Path
    number: int
    line: bytes
    value: dict[str, Any]
    row: RunLine | Cell

    @property
    def place(self) -> str:
        return f"{self.path}:{self.number}"


@dataclass
class Results:
    """All that was read. Cells keep the order of the files."""

    runs: dict[str, RunLine] = field(default_factory=dict)
    cells: list[Cell] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def cells_of(self, run: RunLine) -> list[Cell]:
        return [cell for cell in self.cells if cell.run == run.id]


def read(paths: Iterable[Path]) -> Results:
    """Reads the files one after the other; raises ResultsError."""
    results = Results()
    for row in stream(paths, results.warnings):
        if isinstance(row, RunLine):
            results.runs.setdefault(row.id, row)
        else:
            results.cells.append(row)
    return results


def stream(paths: Iterable[Path],
           warnings: list[str]) -> Iterator[RunLine | Cell]:
    """The same row by row, for files that do not fit into memory."""
    return (entry.row for entry in distinct(paths, warnings))


def distinct(paths: Iterable[Path], warnings: list[str]) -> Iterator[Entry]:
    """Every line of the files, no cell twice; of what has passed only a few
    bytes a cell are kept. Raises ResultsError."""
    ledger = Ledger()
    for entry in entries(paths, warnings):
        if isinstance(entry.row, RunLine):
            ledger.enter_run(entry)
        else:
            if (place := ledger.place_of(entry)) is not None:
                raise ResultsError(f"{entry.place}: the same cell stands at "
                                   f"{place}: give every run once, or join "
                                   "the files by `giveback merge`")
            ledger.enter_cell(entry)
        yield entry


def entries(paths: Iterable[Path], warnings: list[str]) -> Iterator[Entry]:
    """Every line of the files, each right by itself. Raises ResultsError."""
    for path in paths:
        count = 0
        for count, entry in enumerate(_entries(path, warnings), start=1):
            yield entry
        if count == 0:
            raise ResultsError(f"{path}: holds no run line: {NOT_OURS}")


class Ledger:
    """What was seen, to know what fits it: runs, and the places of cells.
    Keys are digests, so that a million cells take little memory."""

    def __init__(self) -> None:
        self._runs: dict[str, RunLine] = {}
        self._places: dict[bytes, tuple[Path, int]] = {}

    def enter_run(self, entry: Entry) -> None:
        """Raises ResultsError where the run was another one before."""
        run = entry.row
        known = self._runs.setdefault(run.id, run)
        # A continued run may state its line again; it must mean the same.
        if (known.giveback, known.commit, known.seed, known.settle_ns,
                known.host.machine_id) != (run.giveback, run.commit, run.seed,
                                           run.settle_ns,
                                           run.host.machine_id):
            raise ResultsError(f"{entry.place}: run {run.id!r} was seen "
                               "before with another program, seed or host: "
                               "give files of different runs")

    def place_of(self, entry: Entry) -> str | None:
        """FILE:LINE of a cell that stands where this one would. Raises
        ResultsError where its run is not known."""
        if entry.row.run not in self._runs:
            raise ResultsError(f"{entry.place}: no run line "
                               f"{entry.row.run!r} before this cell: "
                               f"{DAMAGED}")
        for key in _cell_keys(entry.row):
            if found := self._places.get(key):
                return f"{found[0]}:{found[1]}"
        return None

    def enter_cell(self, entry: Entry) -> None:
        for key in _cell_keys(entry.row):
            self._places[key] = entry.path, entry.number


def _cell_keys(cell: Cell) -> list[bytes]:
    """What only one cell may have: its place in the matrix and, in timing
    runs, its place in a block (pairs are made within blocks)."""
    matrix = (cell.run, cell.kind, cell.allocator, cell.workload,
              cell.parameter_key, cell.after)
    keys = [matrix + ("repetition", cell.repetition)]
    if cell.kind in ("timing", "micro", "program_timing"):
        keys.append(matrix + ("block", cell.block))
    return [digest(repr(key)) for key in keys]


def digest(text: str) -> bytes:
    """16 bytes that stand for a text."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"),
                           digest_size=16).digest()


def _entries(path: Path, warnings: list[str]) -> Iterator[Entry]:
    try:
        with path.open("rb") as file:
            for number, line, is_last in _lines(file):
                place = f"{path}:{number}"
                try:
                    value, row = _row(place, line, is_first=number == 1)
                    yield Entry(path, number, line, value, row)
                except _Torn:
                    if not is_last:
                        raise ResultsError(
                            f"{place}: the line ends in the middle: {DAMAGED}")
                    warnings.append(f"{place}: the last line is torn and was "
                                    "dropped: the run was interrupted")
    except OSError as error:
        raise ResultsError(f"{path}: cannot be read: {error.strerror}: "
                           "check the path") from None


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes, bool]]:
    """Yields (number, line, whether it is the last) with one line ahead."""
    number = 1
    line = file.readline(MAXIMUM_LINE_BYTES + 1)
    while line:
        following = file.readline(MAXIMUM_LINE_BYTES + 1)
        yield number, line, not following
        number, line = number + 1, following


def _row(place: str, line: bytes, is_first: bool
         ) -> tuple[dict[str, Any], RunLine | Cell]:
    if len(line) > MAXIMUM_LINE_BYTES:
        raise ResultsError(f"{place}: the line is longer than "
                           f"{MAXIMUM_LINE_BYTES} bytes: {NOT_OURS}")
    try:
        value = _parse(line)
    except (ValueError, RecursionError) as error:
        what = "is too deeply nested" if isinstance(error, RecursionError) \
            else f"is not valid JSON ({error})"
        raise ResultsError(f"{place}: the line {what}: "
                           f"{NOT_OURS if is_first else DAMAGED}") from None
    kind = _row_kind(place, value, is_first)
    try:
        row = decode(kind, value, "")
    except DecodeError as error:
        raise ResultsError(f"{place}: {error}: {DAMAGED}") from None
    if isinstance(row, Cell):
        _check_cell(place, row)
    return value, row


def _parse(line: bytes) -> Any:
    """The JSON value of a line; raises _Torn where the line breaks off."""
    # The writer ends a line with a newline in the same write: a line
    # without one was cut, even where the cut leaves valid JSON.
    if not line.endswith(b"\n") and line.lstrip().startswith(b"{"):
        raise _Torn
    text = line.decode("utf-8")
    try:
        return json.loads(text, parse_constant=_no_constant,
                          object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) \
            or error.msg.startswith("Unterminated string")
        if cut and text.lstrip().startswith("{"):
            raise _Torn from None
        raise


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return row


def _row_kind(place: str, value: Any, is_first: bool) -> type:
    kind = value.get("type") if isinstance(value, dict) else None
    if kind not in ("run", "cell"):
        raise ResultsError(f"{place}: the line is neither a run nor a cell: "
                           f"{NOT_OURS}")
    if value.get("schema") != SCHEMA:
        raise ResultsError(
            f"{place}: schema {value.get('schema')!r:.20}, this program reads "
            f"schema {SCHEMA}: use the giveback that wrote the file")
    if is_first and kind != "run":
        raise ResultsError(f"{place}: the first line is no run line: "
                           f"{NOT_OURS}")
    return RunLine if kind == "run" else Cell


def _check_cell(place: str, cell: Cell) -> None:
    """What no single field can tell."""
    complaint = None
    if cell.outcome != "ok":
        figures = (cell.samples, cell.base, cell.timeline,
                   cell.peak_rss_bytes)
        if any(figures) or not cell.reason:
            complaint = f"a cell that {cell.outcome} has figures or no reason"
    elif cell.kind == "memory" and (not cell.base or not cell.after):
        complaint = "a memory cell has no base sample or no regime"
    elif cell.kind in ("memory", "timing", "micro", "program",
                       "program_timing") and not cell.samples:
        complaint = f"a {cell.kind} cell that is ok has no samples"
    elif cell.kind == "program" and cell.peak_rss_bytes is None:
        complaint = "a program cell that is ok has no peak"
    if cell.stalls and not complaint:
        complaint = _stalls_complaint(cell)
    if cell.timeline and not complaint:
        complaint = _timeline_complaint(cell)
    if complaint:
        raise ResultsError(f"{place}: {complaint}: {DAMAGED}")


def _stalls_complaint(cell: Cell) -> str | None:
    assert cell.stalls is not None
    for calls in (cell.stalls.alloc, cell.stalls.release, cell.stalls.trim):
        if len(calls.bucket_least_ns) != len(calls.bucket_calls):
            return "the columns of a histogram differ in length"
        if sum(calls.bucket_calls) != calls.calls:
            return "a histogram holds other calls than were made"
    return None


def _timeline_complaint(cell: Cell) -> str | None:
    timeline = cell.timeline
    assert timeline is not None
    lengths = {len(timeline.t_ns), len(timeline.resident_bytes),
               len(timeline.live_bytes)}
    if len(lengths) > 1:
        return "the columns of the timeline differ in length"
    times = timeline.t_ns
    if any(times[i] > times[i + 1] for i in range(len(times) - 1)):
        return "the timeline runs backwards"
    return None
