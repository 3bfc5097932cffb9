"""The tables of `giveback show` for workloads that fork: what all processes
of a cell hold, phase by phase. Each stands below the sections, and only where
a file holds such cells.
"""

from collections.abc import Callable, Sequence

from . import phases, processes, table, words
from .answers import label
from .look import Look
from .notes import ended
from .rows import Cell, RunLine, Sample
from .statistics import median
from .summary import allocator_names
from .table import Column, Line

Growth = Callable[[Cell, Sample], int | None]

TITLES: tuple[tuple[str, Growth], ...] = (
    ("PSS of all processes, MiB", processes.pss_growth_bytes),
    ("private to one process, MiB", processes.private_growth_bytes))


def tables(run: RunLine, cells: Sequence[Cell], look: Look) -> list[str]:
    """All of them, each behind an empty line."""
    lines: list[str] = []
    groups: dict[tuple, list[Cell]] = {}
    for cell in cells:
        if cell.kind == "memory":
            groups.setdefault((cell.workload, cell.parameter_key),
                              []).append(cell)
    for group in groups.values():
        if any(map(processes.is_forking, group)):
            lines += _tables(run, group, look)
    return lines


def _tables(run: RunLine, cells: Sequence[Cell], look: Look) -> list[str]:
    first = next(filter(processes.is_forking, cells))
    names = [sample.phase for sample in phases.build_and_drain(first)]
    ends = list(dict.fromkeys(cell.after for cell in cells if cell.after))
    heading = ("processes", words.clean(first.workload, words.NAME_LIMIT),
               words.parameters(first.parameters))
    lines = ["", *look.wrap("  ".join(filter(None, heading)))]
    for title, growth in TITLES:
        columns = [Column((words.clean(name, words.NAME_LIMIT),), group=title)
                   for name in (*names, *ends)]
        rows = [_line(name, of_one, names, ends, growth)
                for name, of_one in _of_each(run, cells)]
        lines += [*table.render("allocator", columns, rows, look.width,
                                look.coloured), ""]
    count = max(sample.processes.count for sample in first.samples
                if sample.processes is not None)
    return lines + look.wrap(
        f"Growth over base, of {count} processes from the fork on. A page "
        "that several share is in PSS once in all; private pages are those "
        f"that one process alone maps. {_columns(ends)} at the end of the "
        "regime, where the first process has released all it had.")


def _columns(ends: Sequence[str]) -> str:
    return ", ".join(words.clean(end, words.NAME_LIMIT) for end in ends) + ":"


def _of_each(run: RunLine, cells: Sequence[Cell]
             ) -> list[tuple[str, list[Cell]]]:
    """(name as shown, cells) of each allocator."""
    entries = {entry.allocator: entry for entry in run.allocators}
    return [(label(name, entries.get(name)),
             [cell for cell in cells if cell.allocator == name])
            for name in allocator_names(run, cells)]


def _line(name: str, cells: Sequence[Cell], names: Sequence[str],
          ends: Sequence[str], growth: Growth) -> Line:
    """Medians of the cells that ended well; words where none did."""
    well = [cell for cell in cells if cell.outcome == "ok"]
    if not cells:
        return Line(name, words="not run: the run ended before",
                    colour=table.YELLOW)
    if not well:
        return Line(name, words=ended(cells[0].outcome, cells[0].reason),
                    colour=table.YELLOW)
    figures = [_median(well, lambda cell, it=phase: phases.phase(cell, it),
                       growth) for phase in names]
    figures += [_median([cell for cell in well if cell.after == end],
                        processes.at_end, growth) for end in ends]
    return Line(name, tuple(map(words.mib, figures)))


def _median(cells: Sequence[Cell], pick: Callable[[Cell], Sample | None],
            growth: Growth) -> float | None:
    """None where one of the cells does not know it."""
    found = [None if sample is None else growth(cell, sample)
             for cell in cells for sample in (pick(cell),)]
    return None if not found or None in found else median(found)
