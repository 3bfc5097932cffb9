"""What the kernel is asked for: system calls and their bytes by phase, one
chart a workload."""

from collections.abc import Sequence
from dataclasses import dataclass

from .. import traffic, words
from ..call_tables import NOT_COVERED
from ..metrics import MIB
from ..notes import MARK
from ..rows import Calls, Cell
from ..statistics import median
from . import groups
from . import view as views
from .view import Chart, Table, Value, View, kib

INTRODUCTION = (
    "The system calls by which memory comes and goes, phase by phase: how "
    "many, and how many bytes they name. Most of these bytes are address "
    "space, not memory; what each call counts says results/README.md of "
    "giveback. In poke and trim an allocator may do what it put off.")
# What a cell counted, by phase and by name.
Counted = dict[str, dict[str, Calls]]

CAPTION = "Medians over {cells} of each."


def charts(view: View) -> list[Chart]:
    """Those of workloads with a cell that counted."""
    found = [_chart(view, place, cells) for place, cells in enumerate(
        groups.by_workload(view.cells, "traffic"), start=1)]
    return [chart for chart in found if chart is not None]


def _chart(view: View, place: int, cells: Sequence[Cell]) -> Chart | None:
    rows = groups.by_allocator(view, cells)
    drawn = {allocator: counted for allocator, own in rows
             if (counted := list(filter(None, map(traffic.by_phase,
                                                  groups.ok(own)))))}
    if not drawn:
        return None
    first = cells[0]
    partly = {allocator for allocator, own in rows
              if any(cell.covers_all_threads is False for cell in own)}
    lines = [_row(view, allocator, counted, allocator in partly)
             for allocator, counted in drawn.items()]
    return Chart(
        anchor=view.anchor("traffic", regime=f"{place}-{first.workload}"),
        kind="traffic", title=views.title(first),
        caption=CAPTION.format(cells=words.count(
            max(map(len, drawn.values())), "cell")),
        data={"names": [name for name in traffic.NAMES if any(
            part["name"] == name for line in lines
            for phase in line["phases"] for part in phase["parts"])],
            "rows": lines},
        table=_table(view, drawn, partly),
        notes=[*(f"{MARK} {groups.name(view, allocator)}: {NOT_COVERED}."
                 for allocator in drawn if allocator in partly),
               *groups.absences(view, rows, drawn)])


@dataclass(frozen=True, slots=True)
class Made:
    """System calls of a name in a phase: medians over the repetitions;
    `ends` are the fewest and the most calls where they differ."""

    calls: float
    bytes: float
    ends: tuple[int, int] | None

    @property
    def text(self) -> str:
        """"8 (7 to 9), 512.0 MiB"."""
        if not self.calls:
            return "0"
        ends = "" if self.ends is None else \
            " ({:,} to {:,})".format(*self.ends)
        return (f"{words.number(self.calls)}{ends}, "
                f"{words.decimal(self.bytes / MIB)} MiB")


def _made(cells: Sequence[Counted], phase: str, name: str) -> Made:
    """Over the repetitions that have the phase: one has it at least."""
    known = [cell[phase][name] for cell in cells if phase in cell]
    calls = [one.calls for one in known]
    return Made(median(calls), median([one.bytes for one in known]),
                None if min(calls) == max(calls)
                else (min(calls), max(calls)))


def _phases(cells: Sequence[Counted]) -> list[str]:
    return list(dict.fromkeys(phase for cell in cells for phase in cell))


def _row(view: View, allocator: str, cells: Sequence[Counted],
         partly: bool) -> dict:
    """Bytes in KiB; a call that was not made is left out."""
    phases = []
    for phase in _phases(cells):
        made = [(name, _made(cells, phase, name)) for name in traffic.NAMES]
        phases.append({
            "name": words.clean(phase, words.NAME_LIMIT),
            "parts": [{"name": name, "calls": one.calls,
                       "kib": kib(one.bytes), "ends": one.ends}
                      for name, one in made if one.calls]})
    return {"name": groups.name(view, allocator) + MARK * partly,
            "style": view.names[allocator], "count": len(cells),
            "phases": phases}


def _table(view: View, drawn: dict[str, Sequence[Counted]],
           partly: set[str]) -> Table:
    lines = []
    for allocator, cells in drawn.items():
        name = groups.name(view, allocator) + MARK * (allocator in partly)
        for place, phase in enumerate(_phases(cells)):
            made = [_made(cells, phase, each) for each in traffic.NAMES]
            lines.append((
                Value(name, name),
                Value(words.clean(phase, words.NAME_LIMIT), place),
                Value(str(len(cells)), len(cells)),
                *(Value(one.text, one.calls) for one in made)))
    return Table(("allocator", "phase", "n", *traffic.NAMES), lines)
