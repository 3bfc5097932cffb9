"""What is kept against the share that survives, beside the survivor law: one
chart a sweep, one panel an allocator."""

import math
from collections.abc import Sequence

from .. import survivors, words
from ..rows import Cell
from ..statistics import median
from ..sweep_tables import (granule_words, grouped, law_sweeps,
                            release_granules, swept_parameters, unit_words)
from . import curve, groups
from .view import Chart, Table, Value, View

# The law's lines that every panel has, bytes (REPORT: 4 KiB to 1 MiB).
LAW_GRANULES = (2**12, 2**14, 2**16, 2**18, 2**20)
# Places at which a line of the law is drawn.
LAW_POINTS = 33

INTRODUCTION = (
    "Of many equal objects one in N survives, the rest is released, and the "
    "allocator is asked to trim. The points are what stays then, as a share "
    "of the peak, survivors included. The grey lines are theory: what stays "
    "if memory can be given back in units of that size alone, for objects "
    "as far apart as this allocator puts them. Points along a line show the "
    "unit in which it really gives back; the dashed line is that of the unit "
    "found by page truth. Points that stay above their line at the right are "
    "the allocator's own tables.")
CAPTION = ("After the trim, regime silent; {cells} in all, medians with the "
           "least and the greatest of the repetitions.")


def charts(view: View) -> list[Chart]:
    """Those of sweeps with a known figure."""
    found = [_chart(view, place, cells) for place, cells
             in enumerate(law_sweeps(view.cells), start=1)]
    return [chart for chart in found if chart is not None]


def _chart(view: View, place: int, cells: Sequence[Cell]) -> Chart | None:
    rows = groups.by_allocator(view, cells)
    drawn = {allocator: own for allocator, of_one in rows
             if _kept(own := groups.ok(of_one))}
    if not drawn:
        return None
    lines = {allocator: _line(view, allocator, own)
             for allocator, own in drawn.items()}
    span = _span(lines.values())
    panels = [_panel(own, lines[allocator], span)
              for allocator, own in drawn.items()]
    if len(panels) > 1:
        panels.insert(0, curve.panel(list(lines.values()), "all of them"))
    keeps = sorted({cell.parameters["keep"] for cell in cells})
    count = words.count(sum(map(len, drawn.values())), "cell")
    return Chart(
        anchor=view.anchor("survivors", regime=str(place)), kind="curve",
        title=f"survivors  {swept_parameters(cells[0])}",
        caption=CAPTION.format(cells=count),
        data=curve.data(panels,
                        "one object in so many survives (log scale)",
                        "% of the peak kept",
                        [(keep, f"{keep:,}") for keep in keeps]),
        table=_table(view, drawn),
        notes=groups.absences(view, rows, drawn))


def _kept(cells: Sequence[Cell]) -> list[float]:
    """Shares of the cells that have a place on the scale: none survive where
    there are fewer objects than N."""
    return [kept for cell in cells if survivors.survivor_share(cell)
            and (kept := survivors.kept_share(cell)) is not None]


def _by_keep(cells: Sequence[Cell]) -> list[tuple[int, list[Cell]]]:
    found = grouped(cells, lambda cell: (cell.parameters["keep"],))
    return sorted((keep, own) for (keep,), own in found.items())


def _line(view: View, allocator: str, cells: Sequence[Cell]) -> dict:
    points = []
    for keep, own in _by_keep(cells):
        if kept := _kept(own):
            share = median(list(filter(None, map(survivors.survivor_share,
                                                 own))))
            points.append(curve.point(
                1 / share, [100 * each for each in kept],
                f"1 in {keep:,} survives", "% of the peak stays"))
    return curve.series(groups.name(view, allocator), view.names[allocator],
                        points)


def _span(lines) -> tuple[float, float]:
    """From the densest to the rarest survivors of all."""
    places = [point["x"] for line in lines for point in line["points"]]
    return min(places), max(places)


def _panel(cells: Sequence[Cell], line: dict,
           span: tuple[float, float]) -> dict:
    found = release_granules(cells)
    own = {granule.up_to for granule in found}
    exact = own.pop() if len(own) == 1 else None
    drawn = sorted({*LAW_GRANULES, *([exact] if exact else [])})
    laws = [curve.law(unit_words(granule), points, granule == exact)
            for granule in drawn
            if (points := _law(cells, granule, span))]
    return curve.panel(
        [line], line["name"], f"unit by page truth: "
        f"{granule_words(found, unit_words) if found else 'unknown'}", laws)


def _law(cells: Sequence[Cell], granule: int,
         span: tuple[float, float]) -> list[tuple[float, float]]:
    """(N, %) of the law for this allocator's stride, at equal distances on
    the scale; empty where it says nothing."""
    strides = [stride for cell in cells
               if (stride := survivors.stride_bytes(cell))]
    if not strides:
        return []
    step = math.log(span[1] / span[0]) / (LAW_POINTS - 1)
    places = [span[0] * math.exp(index * step)
              for index in range(LAW_POINTS if step else 1)]
    shares = [(place, survivors.law(cells[0].parameters, 1 / place,
                                    granule / median(strides)))
              for place in places]
    return [(place, 100 * share) for place, share in shares
            if share is not None]


def _table(view: View, drawn: dict[str, Sequence[Cell]]) -> Table:
    rows = []
    for allocator, cells in drawn.items():
        name = groups.name(view, allocator)
        for keep, own in _by_keep(cells):
            figures = [[100 * share for share in shares if share is not None]
                       for shares in (
                           map(survivors.kept_share, own),
                           *([survivors.law_share(cell, granule)
                              for cell in own] for granule in LAW_GRANULES))]
            rows.append((
                Value(name, name), Value(f"1 in {keep:,}", keep),
                curve.counts([*map(len, figures)]),
                *map(curve.value, figures)))
    return Table(("allocator", "survive", "n", "kept, % of the peak",
                  *(f"law of {unit_words(granule)}, %"
                    for granule in LAW_GRANULES)), rows)
