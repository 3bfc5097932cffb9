"""Resident memory over time: one chart for each workload and regime."""

from collections.abc import Sequence

from .. import answers, phases, words
from ..rows import Cell, Timeline
from ..summary import Row, Section
from . import view as views
from .decimate import decimated
from .view import Chart, Table, Value, View, kib

MILLISECOND_NS = 10**6
INTRODUCTION = (
    "Growth of resident memory over the process before its first allocation. "
    "0 is the last release: on its left memory is built up and released, on "
    "its right the regime runs; in the tail the allocator is poked and asked "
    "to trim, or memory is built up again. The grey area is what the program "
    "itself holds. Lazily freed pages count as resident here. Drag over a "
    "chart to zoom in, or reach it by the tab key: arrows read, + and - "
    "zoom, 0 shows the whole.")
CAPTION = ("{regime}: {what}. Lines: {source} of each; grey: the live bytes "
           "under {whose}.")
DOES = {"silent": "nothing runs",
        "tick": "1,000 small requests a second run"}


def charts(view: View) -> list[Chart]:
    """Those of which a timeline is known."""
    found = [_chart(view, section, regime) for section in view.sections
             for regime in section.regimes]
    return [chart for chart in found if chart is not None]


def _chart(view: View, section: Section, regime: str) -> Chart | None:
    cells = [_shown(row, regime) for row in section.rows]
    drawn = [(row, cell) for row, cell in zip(section.rows, cells)
             if cell is not None]
    if not drawn:
        return None
    left_out = [row for row, cell in zip(section.rows, cells) if cell is None]
    base = _base(view, section, regime, [row for row, _ in drawn])
    first_row, first_cell = drawn[0]
    regime_name = words.clean(regime, words.NAME_LIMIT)
    what = DOES.get(regime, "see docs/measuring.md")
    count = max(len(_cells(row, regime)) for row, _ in drawn)
    source = "the only repetition" if count == 1 \
        else f"the first of {count} repetitions"
    return Chart(
        anchor=view.anchor("time", section, regime), kind="time",
        title=f"{views.title(section)}: {regime_name}",
        caption=CAPTION.format(
            regime=regime_name, source=source, what=what,
            whose=answers.name(first_row)),
        data={"regime": regime_name,
              "settle_ms": view.run.settle_ns / MILLISECOND_NS,
              "series": [_series(cell, views.base_name(row), style, True)
                         for row, cell, style in base]
              + [_series(cell, answers.name(row), view.names[row.allocator])
                 for row, cell in drawn],
              "live": _points(first_cell.timeline.t_ns,
                              first_cell.timeline.live_bytes)},
        table=_table([(answers.name(row), cell) for row, cell in drawn]
                     + [(views.base_name(row), cell)
                        for row, cell, _ in base]),
        notes=[*views.absences(left_out, regime), *([views.BASE_NOTE] if base
                                             else [])])


def _base(view: View, section: Section, regime: str,
          rows: Sequence[Row]) -> list[tuple[Row, Cell, int]]:
    """What is drawn lighter beside `rows`, in their colours."""
    both = [(views.base_row(view, section, row), view.names[row.allocator])
            for row in rows]
    return [(other, cell, style) for other, style in both
            if other is not None
            and (cell := _shown(other, regime)) is not None]


def _cells(row: Row, regime: str) -> list[Cell]:
    return [cell for cell in row.cells
            if cell.kind == "memory" and cell.after == regime
            and cell.outcome == "ok" and _timeline(cell) is not None]


def _timeline(cell: Cell) -> Timeline | None:
    """None where there is no point to draw."""
    return cell.timeline if cell.timeline and cell.timeline.t_ns else None


def _shown(row: Row, regime: str) -> Cell | None:
    return min(_cells(row, regime), key=lambda cell: cell.repetition,
               default=None)


def _series(cell: Cell, name: str, style: int, is_base: bool = False) -> dict:
    steps = [(sample.since_drain_ns / MILLISECOND_NS,
              words.clean(sample.phase, words.NAME_LIMIT))
             for sample in cell.samples
             if sample.since_drain_ns is not None
             and sample.phase not in ("drain", cell.after)]
    return {"name": name, "style": style, "base": is_base, "tail": steps,
            "points": _points(cell.timeline.t_ns,
                              cell.timeline.resident_bytes)}


def _points(times: Sequence[int], sizes: Sequence[int]) -> list[list]:
    return [[round(t_ns / MILLISECOND_NS, 1), kib(size)]
            for t_ns, size in decimated(times, sizes)]


def _table(drawn: Sequence[tuple[str, Cell]]) -> Table:
    """The peak, and the end of the regime, of each line."""
    rows = []
    for name, cell in drawn:
        line = cell.timeline
        regime = phases.regime(cell)
        end_ns = regime[-1][0] if regime else 0
        at_end = _at(line, end_ns)
        rows.append((Value(name, name),
                     Value(str(cell.repetition), cell.repetition),
                     _size(max(line.resident_bytes)),
                     _size(_at(line, 0)), _size(at_end),
                     Value(words.seconds(end_ns), end_ns),
                     _size(line.resident_bytes[-1])))
    return Table(("allocator", "repetition", "greatest, MiB",
                  "at the last release, MiB", "at the end of the regime, MiB",
                  "which is at", "at the very end, MiB"), rows)


def _at(line: Timeline, time_ns: int) -> int | None:
    """A step function's value; None before its first point."""
    known = [size for t_ns, size in zip(line.t_ns, line.resident_bytes)
             if t_ns <= time_ns]
    return known[-1] if known else None


def _size(size_bytes: int | None) -> Value:
    return Value(words.mib(size_bytes), size_bytes)
