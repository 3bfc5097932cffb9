"""Single calls: how many are slow, and how slow the slowest: one chart a
workload, allocations and releases apart."""

from collections.abc import Callable, Sequence

from .. import stalls, words
from ..call_tables import (duration_words, longest_words, rate_words,
                           where_words)
from ..rows import Cell
from ..stalls import CallClass, Times
from ..statistics import median
from ..sweep_tables import grouped
from . import groups
from . import view as views
from .view import Chart, Table, Value, View

# `trim` is one call a process: it stands in the table alone.
DRAWN: tuple[CallClass, ...] = ("alloc", "release")
LIMITS = ("1 us", "10 us", "100 us")

INTRODUCTION = (
    "Every call was timed alone. Left: of a million calls so many took "
    "longer than 1, 10 and 100 us. Right: p99.99, which 9,999 of 10,000 "
    "calls do not exceed, and the longest of all. Further right is slower. "
    "Preemptions by whatever else ran on the machine are among the longest: "
    "the notes say what coincided.")
CAPTION = ("{cells} of each, added up; a time includes one reading of the "
           "clock, {clock}.")


def charts(view: View) -> list[Chart]:
    """Those of workloads with a cell that ended well."""
    found = [_chart(view, place, cells) for place, cells in enumerate(
        groups.by_workload(view.cells, "stalls"), start=1)]
    return [chart for chart in found if chart is not None]


def _chart(view: View, place: int, cells: Sequence[Cell]) -> Chart | None:
    rows = groups.by_allocator(view, cells)
    drawn = {allocator: known for allocator, own in rows
             if (known := [cell for cell in groups.ok(own)
                           if cell.stalls is not None])}
    if not drawn:
        return None
    first = cells[0]
    alike = _traffic_cells(view, first)
    clocks = [cell.stalls.clock_ns for own in drawn.values() for cell in own]
    return Chart(
        anchor=view.anchor("stalls", regime=f"{place}-{first.workload}"),
        kind="stalls", title=views.title(first),
        caption=CAPTION.format(
            cells=words.count(max(map(len, drawn.values())), "cell"),
            clock=f"{words.decimal(median(clocks), 0)} ns"),
        data={"limits": LIMITS, "classes": [
            {"name": call_class,
             "rows": [_row(view, allocator, own, call_class,
                           alike.get(allocator, []))
                      for allocator, own in drawn.items()]}
            for call_class in DRAWN]},
        table=_table(view, drawn, alike),
        notes=[*_causes(view, drawn, alike),
               *groups.absences(view, rows, drawn)])


def _traffic_cells(view: View, of: Cell) -> dict[str, list[Cell]]:
    """Traffic cells of the same workload, by allocator."""
    alike = [cell for cell in view.cells
             if cell.kind == "traffic" and cell.outcome == "ok"
             and cell.workload == of.workload
             and cell.parameter_key == of.parameter_key]
    return {name: cells for (name,), cells in
            grouped(alike, lambda cell: (cell.allocator,)).items()}


def _rates(found: Times) -> list[float | None]:
    return [stalls.per_million(count, found) for count in
            (found.above_1us, found.above_10us, found.above_100us)]


def _figures(cells: Sequence[Cell], call_class: CallClass
             ) -> list[tuple[float | None, str]]:
    """Of all repetitions together, and in words with the least and the
    greatest of single ones: calls per million above each limit; p99.99."""
    def take(found: Times) -> list[float | None]:
        return [*_rates(found), stalls.percentile_ns(found)]
    single = zip(*(take(stalls.times([cell], call_class))
                   for cell in cells))
    tell = [rate_words] * len(LIMITS) + [duration_words]
    return [(figure, say(figure) + _ends([value for value in values
                                          if value is not None], say))
            for figure, values, say in zip(
                take(stalls.times(cells, call_class)), single, tell)]


def _ends(values: Sequence[float], say: Callable[[float], str]) -> str:
    """" (1.0 to 2.5)"; empty where both read alike."""
    if not values:
        return ""
    least, greatest = say(min(values)), say(max(values))
    return "" if least == greatest else f" ({least} to {greatest})"


def _row(view: View, allocator: str, cells: Sequence[Cell],
         call_class: CallClass, alike: Sequence[Cell]) -> dict:
    """Calls per million and ns; null without calls."""
    found = stalls.times(cells, call_class)
    slowest = found.longest[0] if found.longest else None
    count = f"n {len(cells)}, {words.count(found.calls, 'call')}"
    *figures, (tail, tail_words) = _figures(cells, call_class)
    rates = [{"rate": rate, "text": f"above {limit}: {said} of a million "
                                    f"{call_class} calls, {count}"}
             for limit, (rate, said) in zip(LIMITS, figures)]
    return {"name": groups.name(view, allocator),
            "style": view.names[allocator], "rates": rates,
            "tail_ns": tail,
            "tail_text": f"p99.99 of {call_class}: {tail_words}, {count}",
            "longest_ns": slowest and slowest.duration_ns,
            "longest": "" if slowest is None
            else f"{duration_words(slowest.duration_ns)}, "
                 f"{where_words(slowest)}",
            "longest_text": "" if slowest is None
            else longest_words(call_class, slowest, alike)}


def _causes(view: View, drawn: dict[str, Sequence[Cell]],
            alike: dict[str, list[Cell]]) -> list[str]:
    """The longest call of each class over all allocators, with its cause;
    the table has those of the others."""
    said = []
    for call_class in DRAWN:
        longest = [(slow, allocator) for allocator, own in drawn.items()
                   for slow in stalls.times(own, call_class).longest[:1]]
        if longest:
            slow, allocator = max(longest,
                                  key=lambda one: one[0].duration_ns)
            told = longest_words(call_class, slow,
                                 alike.get(allocator, []))
            said.append(f"{groups.name(view, allocator)}: {told}")
    return said


def _table(view: View, drawn: dict[str, Sequence[Cell]],
           alike: dict[str, list[Cell]]) -> Table:
    lines = []
    for call_class in stalls.CLASSES:
        for allocator, own in drawn.items():
            found = stalls.times(own, call_class)
            if not found.calls:
                continue
            name = groups.name(view, allocator)
            slowest = found.longest[0] if found.longest else None
            lines.append((
                Value(name, name), Value(call_class, call_class),
                Value(str(len(own)), len(own)),
                Value(f"{found.calls:,}", found.calls),
                *(Value(said, figure)
                  for figure, said in _figures(own, call_class)),
                Value(words.UNKNOWN) if slowest is None
                else Value(duration_words(slowest.duration_ns),
                           slowest.duration_ns),
                Value("" if slowest is None else longest_words(
                    call_class, slowest, alike.get(allocator, [])))))
    return Table(("allocator", "call", "n", "calls",
                  *(f"above {limit}, per million" for limit in LIMITS),
                  "p99.99", "longest", "where, and what coincided"), lines)
