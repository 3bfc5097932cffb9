"""How often a program must ask before its memory comes back: kept against
the rate of requests, one chart for each workload and kind of requests."""

from collections.abc import Sequence

from .. import wake, words
from ..rows import Cell
from ..sweep_tables import least_words, wake_sweeps
from . import curve, groups
from . import view as views
from .view import Chart, Table, Value, View

INTRODUCTION = (
    "After the last release a program goes on with small requests, so many a "
    "second; 0 is none at all. What it still keeps at the end, as a share of "
    "the greatest live bytes. Where a line falls, the allocator begins to "
    "give back; the dashed level is 10 %, below which memory counts as "
    "returned.")
CAPTION = ("{regime}, {mix} sizes; kept {delay} after the last release. "
           "Medians over {count} of each with the least and the greatest.")


def charts(view: View) -> list[Chart]:
    """Those of sweeps with a known figure."""
    found = [_chart(view, place, cells) for place, cells
             in enumerate(wake_sweeps(view.cells).values(), start=1)]
    return [chart for chart in found if chart is not None]


def _chart(view: View, place: int, cells: Sequence[Cell]) -> Chart | None:
    rows = groups.by_allocator(view, cells)
    drawn = {allocator: values for allocator, own in rows
             if (values := wake.kept_by_rate(
                 groups.ok(own), view.run.settle_ns,
                 view.run.host.page_bytes))}
    if not drawn:
        return None
    first = cells[0]
    rates = sorted({rate for values in drawn.values() for rate in values})
    regime = words.clean((first.after or "").partition("+")[0],
                         words.NAME_LIMIT)
    count = curve.cells_words([len(each) for values in drawn.values()
                               for each in values.values()])
    return Chart(
        anchor=view.anchor("wake", regime=f"{place}-{first.workload}"),
        kind="curve", title=f"{views.title(first)}: {regime}",
        caption=CAPTION.format(
            regime=regime, mix=words.clean(first.request_mix or "unknown"),
            delay=words.seconds(view.run.settle_ns),
            count=count),
        data=curve.data(
            [curve.panel([_line(view, allocator, values)
                          for allocator, values in drawn.items()])],
            "requests a second (log scale"
            f"{', 0 beside it' if 0 in rates else ''})",
            "% of the live bytes kept",
            [(rate, f"{rate:,}") for rate in rates if rate],
            before=["0"] if 0 in rates else [],
            line=wake.GIVEN_BACK_PERCENT),
        table=_table(view, dict(rows), drawn, rates),
        notes=groups.absences(view, rows, drawn))


def _line(view: View, allocator: str, values: dict[int, list[float]]) -> dict:
    return curve.series(
        groups.name(view, allocator), view.names[allocator],
        [curve.point(rate or "0", known, f"{rate:,} requests a second",
                     "% kept") for rate, known in values.items()])


def _table(view: View, rows: dict[str, Sequence[Cell]],
           drawn: dict[str, dict[int, list[float]]],
           rates: Sequence[int]) -> Table:
    lines = []
    for allocator, values in drawn.items():
        name = groups.name(view, allocator)
        points = wake.curve(groups.ok(rows[allocator]), view.run.settle_ns,
                            view.run.host.page_bytes)
        lines.append((Value(name, name),
                      curve.counts([*map(len, values.values())]),
                      *(curve.value(values.get(rate, [])) for rate in rates),
                      Value(least_words(points), wake.least_rate(points))))
    return Table(("allocator", "n",
                  *(f"{rate:,}/s, %" for rate in rates),
                  "below 10 % from"), lines)
