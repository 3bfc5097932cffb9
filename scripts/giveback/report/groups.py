"""Cells that stand in no section of their own, such as those of a sweep or
of single calls, by allocator."""

from collections.abc import Iterable, Sequence

from .. import answers, notes
from ..rows import AllocatorEntry, Cell
from ..sweep_tables import grouped
from .view import View

# (allocator, its cells), in the order of the colours.
Rows = Sequence[tuple[str, Sequence[Cell]]]


def by_workload(cells: Iterable[Cell], kind: str) -> list[list[Cell]]:
    """Cells of a kind, one list for each workload with its parameters."""
    own = [cell for cell in cells if cell.kind == kind]
    return list(grouped(own, lambda cell: (cell.workload,
                                           cell.parameter_key)).values())


def by_allocator(view: View, cells: Iterable[Cell]) -> Rows:
    """All allocators of the run, those without such cells too."""
    found = grouped(cells, lambda cell: (cell.allocator,))
    return [(name, found.get((name,), [])) for name in view.names]


def ok(cells: Iterable[Cell]) -> list[Cell]:
    return [cell for cell in cells if cell.outcome == "ok"]


def name(view: View, allocator: str) -> str:
    """As typed, with its version."""
    return answers.label(allocator, _entry(view, allocator))


def address(view: View, allocator: str) -> str:
    """As it was resolved, with alias, version, variant and settings."""
    entry = _entry(view, allocator)
    return allocator if entry is None else entry.address


def absences(view: View, rows: Rows, drawn: Iterable[str]) -> list[str]:
    """A note for each allocator that a chart has to leave out, and for each
    of which it shows some cells only."""
    shown = frozenset(drawn)
    said = [f"No mark for {name(view, allocator)}: "
            f"{_absent(view, allocator, cells)}."
            for allocator, cells in rows if allocator not in shown]
    part = notes.incomplete([(name(view, allocator), cells)
                             for allocator, cells in rows
                             if allocator in shown])
    return [*said, *(f"{line}." for line in part)]


def _absent(view: View, allocator: str, cells: Sequence[Cell]) -> str:
    entry = _entry(view, allocator)
    if ok(cells):
        return "its figures are unknown"
    if not cells and (entry is None or entry.outcome == "ok"):
        return "not measured"
    return notes.failure_of(entry, cells)


def _entry(view: View, allocator: str) -> AllocatorEntry | None:
    return next((entry for entry in view.run.allocators
                 if entry.allocator == allocator), None)
