"""What would stay if memory could be given back in other units: one chart a
workload that leaves survivors."""

from collections.abc import Sequence

from .. import answers, metrics, phases, words
from ..metrics import MIB
from ..rows import Cell, Sample
from ..summary import Row, Section
from ..sweep_tables import unit_words
from . import curve
from . import view as views
from .view import Chart, Table, Value, View

TRIM, AS_IT_IS = "after trim", "as it is"
INTRODUCTION = (
    "What would stay right after the last release, if memory could be given "
    "back in units of that size: all resident pages of every unit with a "
    "live byte, counted from page truth. It speaks of where this allocator "
    "put the survivors, and predicts units up to its own. At the right "
    "stands what really is resident: after the allocator's own trim, and as "
    "it is after the last release.")
CAPTION = ("Medians over {count} of each with the least and the greatest, "
           "regime {regime}.")


def charts(view: View) -> list[Chart]:
    """Those of workloads after whose drain something is live: without, no
    unit would keep anything."""
    found = [_chart(view, section) for section in view.sections]
    return [chart for chart in found if chart is not None]


def _chart(view: View, section: Section) -> Chart | None:
    regime = views.regime(section)
    drawn = [(row, cells) for row in section.rows
             if (cells := _cells(row, regime))]
    if not drawn:
        return None
    units = sorted({unit for _, cells in drawn for cell in cells
                    for unit in metrics.granules(_drain(cell))})
    lines = [_line(view, row, cells, units) for row, cells in drawn]
    shown = [row for row, _ in drawn]
    left_out = [row for row in section.rows if row not in shown]
    return Chart(
        anchor=view.anchor("whatif", section), kind="curve",
        title=views.title(section),
        caption=CAPTION.format(
            count=curve.cells_words([
                len(values) for _, cells in drawn
                for values in _values(cells, units).values()]),
            regime=words.clean(regime or "", words.NAME_LIMIT)),
        data=curve.data([curve.panel(lines)],
                        "unit of giving back (log scale)", "MiB that stay",
                        [(unit, unit_words(unit)) for unit in units],
                        after=[word for word in (TRIM, AS_IT_IS) if any(
                            point["x"] == word for line in lines
                            for point in line["points"])]),
        table=_table(drawn, units), notes=views.absences(left_out, regime))


def _cells(row: Row, regime: str | None) -> list[Cell]:
    """Those with page truth of survivors."""
    if regime is None:
        return []
    return [cell for cell in views.cells_of(row, regime)
            if (drain := _drain(cell)) is not None and drain.live_bytes
            and _figures(cell, metrics.granules(drain))]


def _drain(cell: Cell) -> Sample | None:
    return phases.phase(cell, "drain")


def _figures(cell: Cell, units: Sequence[int]) -> dict[int | str, int]:
    """By unit, and by word; bytes. Without those that are unknown."""
    drain, trim = _drain(cell), phases.phase(cell, "trim")
    found: dict[int | str, int | None] = {
        unit: metrics.what_if_bytes(cell, drain, unit) for unit in units}
    if metrics.has_trim(cell):
        found[TRIM] = _resident(cell, trim)
    found[AS_IT_IS] = _resident(cell, drain)
    return {at: size for at, size in found.items() if size is not None}


def _resident(cell: Cell, sample: Sample | None) -> int | None:
    """Dead and live pages: what units are counted of."""
    dead = metrics.dead_bytes(cell, sample)
    live = metrics.live_page_bytes(cell, sample)
    return None if dead is None or live is None else dead + live


def _values(cells: Sequence[Cell],
            units: Sequence[int]) -> dict[int | str, list[float]]:
    """MiB of the repetitions."""
    found: dict[int | str, list[float]] = {}
    for cell in cells:
        for at, size in _figures(cell, units).items():
            found.setdefault(at, []).append(size / MIB)
    return found


def _line(view: View, row: Row, cells: Sequence[Cell],
          units: Sequence[int]) -> dict:
    points = [curve.point(at, values, at if isinstance(at, str)
                          else f"units of {unit_words(at)}", "MiB")
              for at, values in _values(cells, units).items()]
    return curve.series(answers.name(row), view.names[row.allocator], points)


def _table(drawn: Sequence[tuple[Row, Sequence[Cell]]],
           units: Sequence[int]) -> Table:
    places = [*units, TRIM, AS_IT_IS]
    rows = []
    for row, cells in drawn:
        values = _values(cells, units)
        live = [_drain(cell).live_bytes / MIB for cell in cells]
        rows.append((views.name_value(row),
                     curve.counts([len(each) for each in values.values()]),
                     curve.value(live),
                     *(curve.value(values.get(at, [])) for at in places)))
    return Table(("allocator", "n", "live, MiB",
                  *(f"{at if isinstance(at, str) else unit_words(at)}, MiB"
                    for at in places)), rows)
