"""Where live blocks lie, phase by phase: a map of arenas and pools where the
allocator shows them; of every allocator a map by address, and the ladder of
page truth."""

from ..rows import Cell
from ..summary import Row
from . import address_map, arena_map, ladder
from . import view as views
from .view import Chart, View

INTRODUCTION = (
    "The slider goes through the phases of one process: tab to it, then the "
    "arrow keys, home and end. Arenas: each strip is an arena, each field a "
    "pool; one block that is live holds a whole arena back. By address, of any "
    "allocator: which resident pages hold a live byte, which hold none, and "
    "where pages were given back. Page truth: how much of what is resident "
    "lies in a page with a live byte, how much in ever greater aligned units "
    "with one, and how much in none of them.")


def charts(view: View) -> list[Chart]:
    """A map for each allocator that shows its arenas, then one of addresses
    and one of units, of each workload."""
    found: list[Chart | None] = []
    for section in view.sections:
        regime = views.regime(section)
        shown = [(row, cell) for row in section.rows
                 if regime and (cell := _first(row, regime))]
        found += [arena_map.chart(view, section, row, cell)
                  for row, cell in shown]
        found += [address_map.chart(view, section, shown),
                  ladder.chart(view, section, shown)]
    return [chart for chart in found if chart is not None]


def _first(row: Row, regime: str) -> Cell | None:
    return min(views.cells_of(row, regime), default=None,
               key=lambda cell: cell.repetition)
