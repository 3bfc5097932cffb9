"""The tables of `giveback show` for micro-benchmarks: one per family, a
column for each of its runs.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from . import micro, notes, summary, table, words
from .answers import label
from .look import Look
from .rows import Cell, RunLine
from .statistics import median
from .table import Column, Line
from .words import UNKNOWN

# Not of a run of its own: the same in every cell of a family.
COMMON = ("start", "threads")

Key = tuple[tuple[str, int | str], ...]


def tables(run: RunLine, cells: Sequence[Cell], look: Look) -> list[str]:
    """All of them, each behind an empty line."""
    families: dict[str, list[Cell]] = {}
    for cell in cells:
        if cell.kind == micro.KIND:
            families.setdefault(cell.workload, []).append(cell)
    lines = [line for name, group in families.items()
             for line in ["", *_table(run, name, group, look)]]
    return lines


def _table(run: RunLine, family: str, cells: Sequence[Cell],
           look: Look) -> list[str]:
    clock = "wall" if any(cell.threaded for cell in cells) else "CPU"
    keys = list(dict.fromkeys(cell.parameter_key for cell in cells))
    group = _common_name(keys)
    columns = [Column((_heading(key, group),), group=group) for key in keys]
    names = summary.allocator_names(run, cells)
    title = (f"micro {words.clean(family, words.NAME_LIMIT)}: {clock} ns of "
             f"an iteration{_processes(cells, look)}")
    lines = [_line(run, name, [cell for cell in cells
                               if cell.allocator == name], keys)
             for name in names]
    return [*look.wrap(title),
            *table.render("allocator", columns, lines, look.width,
                          look.coloured),
            *(line for note in _notes(names, cells)
              for line in look.wrap(note))]


def _processes(cells: Iterable[Cell], look: Look) -> str:
    """How many figures a median is of."""
    counts = Counter((cell.allocator, cell.parameter_key) for cell in cells
                     if cell.outcome == "ok")
    most = max(counts.values(), default=0)
    return f", median of {most} processes" if most > 1 else ""


def _own(key: Key) -> list[tuple[str, int | str]]:
    return [(name, value) for name, value in key if name not in COMMON]


def _common_name(keys: Sequence[Key]) -> str:
    """What the only parameter of all runs is called; else ""."""
    names = {tuple(name for name, _ in _own(key)) for key in keys}
    only = names.pop() if len(names) == 1 else ()
    return words.clean(only[0], words.NAME_LIMIT) if len(only) == 1 else ""


def _heading(key: Key, group: str) -> str:
    own = _own(key)
    if group:
        return words.parameters({"": own[0][1]}).strip()
    return words.parameters(dict(own)) or "all"


def _line(run: RunLine, name: str, cells: Sequence[Cell],
          keys: Sequence[Key]) -> Line:
    entry = next((e for e in run.allocators if e.allocator == name), None)
    title = label(name, entry)
    figures = [_figure([cell for cell in cells if cell.parameter_key == key])
               for key in keys]
    if any(figure != UNKNOWN for figure in figures):
        return Line(title, tuple(figures))
    ended = notes.ended(cells[0].outcome, cells[0].reason) if cells \
        else "not run: the run ended before"
    return Line(title, words=ended, colour=table.YELLOW)


def _figure(cells: Iterable[Cell]) -> str:
    known = [value for value in map(micro.figure_ns, cells)
             if value is not None]
    return words.number(median(known)) if known else UNKNOWN


def _notes(names: Sequence[str], cells: Sequence[Cell]) -> list[str]:
    """Of allocators with some figures: what ended without one, and why."""
    lines = []
    for name in names:
        own = [cell for cell in cells if cell.allocator == name]
        failures = Counter((cell.outcome, cell.reason) for cell in own
                           if cell.outcome != "ok")
        if any(cell.outcome == "ok" for cell in own):
            lines += [f"{notes.MARK} {words.clean(name, words.NAME_LIMIT)}: "
                      f"{number} of {words.count(len(own), 'cell')} "
                      f"{notes.ended(outcome, reason)}"
                      for (outcome, reason), number in failures.items()]
    return lines
