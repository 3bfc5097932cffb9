"""Which pages stay after the drain: stacked bars, one chart a workload."""

from collections.abc import Sequence

from .. import answers, metrics, phases, statistics, words
from ..rows import Cell
from ..summary import Figure, Row, Section
from . import view as views
from .view import Chart, Table, Value, View, kib

INTRODUCTION = (
    "Resident pages right after the last release, joined with the addresses "
    "that are live: what the program holds; dead bytes beside it in the same "
    "pages; pages without a live byte that the allocator's own trim call "
    "leaves (stranded) or gives back (held). Without such a call the last two "
    "are one. The figure at the end of a bar is all of it in MiB.")
CAPTION = ("The dashed line is the whole of {reference}. {count} of each, "
           "regime silent.")


def charts(view: View) -> list[Chart]:
    """Those of workloads of which page truth is known."""
    found = [_chart(view, section) for section in view.sections]
    return [chart for chart in found if chart is not None]


def _chart(view: View, section: Section) -> Chart | None:
    bars = {row.allocator: bar for row in section.rows
            if (bar := _bar(row, answers.name(row),
                            view.names[row.allocator])) is not None}
    if not bars:
        return None
    reference = bars.get(section.reference)
    rows = [row for row in section.rows if row.allocator in bars]
    left_out = [row for row in section.rows if row.allocator not in bars]
    shown = [bar for row in rows
             for bar in (bars[row.allocator], *_base(view, section, row))]
    named = [(answers.name(row), row) for row in rows] + [
        (views.base_name(other), other) for row in rows
        if (other := views.base_row(view, section, row)) is not None]
    return Chart(
        anchor=view.anchor("pages", section), kind="pages",
        title=views.title(section),
        caption=CAPTION.format(reference=words.clean(section.reference,
                                                     words.NAME_LIMIT),
                               count=words.count(max(bar["count"] for bar in
                                                     bars.values()),
                                                 "cell")),
        data={"bars": shown,
              "reference_kib": reference and _whole(reference)},
        table=_table(named),
        notes=[*views.absences(left_out, "silent"),
               *([views.BASE_NOTE] if len(named) > len(rows) else [])])


def _base(view: View, section: Section, row: Row) -> list[dict]:
    """The bar of the same in base, drawn lighter below; empty without."""
    other = views.base_row(view, section, row)
    bar = None if other is None else _bar(
        other, views.base_name(other), view.names[row.allocator], True)
    return [] if bar is None else [bar]


def _bar(row: Row, name: str, style: int,
         is_base: bool = False) -> dict | None:
    """Parts in KiB; a part below zero (page truth less that of the base)
    has no length and stands in the table."""
    live = _live(row)
    if row.dead is None or row.waste is None or live is None:
        return None
    parts = [("live", live), ("waste", row.waste.median)]
    if _is_split(row):
        parts += [("stranded", row.stranded.median),
                  ("held", row.held.median)]
    else:
        parts.append(("either", row.dead.median))
    return {"name": name, "style": style, "base": is_base,
            "count": len(_cells(row)),
            "parts": [[part, kib(max(size, 0))] for part, size in parts],
            "dead_ends": row.dead.ends and [kib(end)
                                            for end in row.dead.ends]}


def _is_split(row: Row) -> bool:
    """Whether held and stranded are known and add up to what is dead: a trim
    that leaves more than it found has given nothing back."""
    return row.held is not None and row.stranded is not None \
        and min(row.held.median, row.stranded.median) >= 0 \
        and row.held.ends is None and row.stranded.ends is None


def _whole(bar: dict) -> float:
    return sum(size for _, size in bar["parts"])


def _cells(row: Row) -> list[Cell]:
    return [cell for cell in row.cells if cell.outcome == "ok"
            and cell.kind == "memory" and cell.after == "silent"]


def _live(row: Row) -> float | None:
    drains = [phases.phase(cell, "drain") for cell in _cells(row)]
    known = [drain.live_bytes for drain in drains
             if drain is not None and drain.live_bytes is not None]
    return statistics.median(known) if known else None


def _growth(row: Row) -> float | None:
    known = [growth for cell in _cells(row)
             if (drain := phases.phase(cell, "drain")) is not None
             and (growth := metrics.growth_bytes(cell, drain)) is not None]
    return statistics.median(known) if known else None


def _table(rows: Sequence[tuple[str, Row]]) -> Table:
    lines = []
    for name, row in rows:
        count = len(_cells(row))
        live, growth = _live(row), _growth(row)
        sizes = [None if live is None else Figure(live), row.waste, row.dead,
                 row.stranded, row.held,
                 None if growth is None else Figure(growth)]
        lines.append((Value(name, name), Value(str(count), count),
                      *map(views.size_value, sizes)))
    return Table(("allocator", "n", "live, MiB", "waste in live pages, MiB",
                  "dead, MiB", "of it stranded, MiB", "of it held, MiB",
                  "growth, MiB"), lines)
