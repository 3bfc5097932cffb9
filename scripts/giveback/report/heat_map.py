"""Allocator by workload, what is kept and what it costs: one chart a run."""

from .. import answers, metrics, notes, statistics, words
from ..look import Look
from ..summary import Figure, Row, Section
from . import view as views
from .view import Chart, Table, Value, View, kib

LOOK = Look()
INTRODUCTION = (
    "Kept: MiB above the live bytes, coloured by its share of the greatest "
    "live bytes, from 0 (blue) by 50 % (pale) to 100 % and more (orange). "
    "Cost: CPU time of an allocation with its release over that of the "
    "reference, with the 95 % interval, coloured on a log scale from a third "
    "(blue) to three times (orange). Dashed: unclear whether it differs from "
    "the reference. Hatched: no figure, and why.")
CAPTION = "Kept {delay} after the last release; the reference is {reference}."


def charts(view: View) -> list[Chart]:
    """One, or none where the run has neither memory nor timing."""
    if not view.sections:
        return []
    first = view.sections[0]
    columns = [(section, regime) for section in view.sections
               for regime in (*section.regimes, None)]
    fields = [[_field(section, row, regime)
               for section, regime in columns
               for row in section.rows if row.allocator == name]
              for name in (each.allocator for each in first.rows)]
    reference = words.clean(first.reference, words.NAME_LIMIT)
    names = [answers.name(row) for row in first.rows]
    return [Chart(
        anchor=view.anchor("heat"), kind="heat",
        title="Kept and cost, all workloads",
        caption=CAPTION.format(delay=words.seconds(first.delay_ns),
                               reference=reference),
        data={"names": names,
              "columns": [{"group": views.title(section),
                           "name": _column(regime)}
                          for section, regime in columns],
              "fields": fields},
        table=_table(names, columns, fields))]


def _column(regime: str | None) -> str:
    return "cost" if regime is None else words.clean(regime,
                                                     words.NAME_LIMIT)


def _field(section: Section, row: Row, regime: str | None) -> dict:
    return _cost(section, row) if regime is None \
        else _kept(row, regime)


def _kept(row: Row, regime: str) -> dict:
    figure = row.kept[regime]
    cells = [cell for cell in row.cells
             if cell.kind == "memory" and cell.after == regime]
    if figure is None or row.max_live is None or not row.max_live.median:
        return _none(row, len(cells))
    share = figure.median / row.max_live.median
    return {"kind": "kept", "text": words.mib(figure.median),
            "value": share, "sort": kib(figure.median),
            "interval": _mib_ends(figure), "dashed": False,
            "count": sum(cell.outcome == "ok" for cell in cells),
            "words": f"{words.mib(figure.median)} MiB, "
                     f"{words.decimal(100 * share)} % of the live bytes"}


def _mib_ends(figure: Figure) -> str:
    if figure.ends is None:
        return ""
    return "-".join(words.mib(end) for end in figure.ends)


def _cost(section: Section, row: Row) -> dict:
    cells = [cell for cell in row.cells if cell.kind == "timing"]
    comparison = row.comparison
    if row.cost_ns is None:
        return _none(row, len(cells))
    nanoseconds = f"{words.decimal(row.cost_ns.median)} ns"
    if row.allocator == section.reference:
        spread = statistics.relative_spread(
            [cost for cell in cells
             if cell.outcome == "ok"
             and (cost := metrics.cost_ns(cell)) is not None])
        width = "" if spread is None \
            else f"\u00b1{max(1, round(100 * spread))} %"
        return {"kind": "cost", "text": nanoseconds, "value": 1, "sort": 1,
                "interval": width, "dashed": False,
                "count": sum(cell.outcome == "ok" for cell in cells),
                "words": f"{nanoseconds}, the reference"}
    if comparison is None:
        return {"kind": "none", "text": nanoseconds, "sort": None,
                "words": f"{nanoseconds}; no pair with the reference",
                "count": sum(cell.outcome == "ok" for cell in cells)}
    return {"kind": "cost", "text": words.ratio(comparison.ratio),
            "value": comparison.ratio, "sort": comparison.ratio,
            "interval": LOOK.ratio(comparison).partition(" ")[2],
            "dashed": comparison.verdict == "unclear",
            "count": comparison.pairs,
            "words": f"{LOOK.ratio(comparison)} of the reference "
                     f"({comparison.verdict}), {nanoseconds}"}


def _none(row: Row, count: int) -> dict:
    """No figure: how the row failed, or that nothing was measured."""
    bad = next((cell for cell in row.cells if cell.outcome != "ok"), None)
    if row.is_ok and not count:
        return {"kind": "none", "text": words.UNKNOWN, "sort": None,
                "words": "not measured", "count": 0}
    if not row.is_ok:
        said = notes.failure_words(row)
    elif bad is not None:
        said = notes.ended(bad.outcome, bad.reason)
    else:
        said = "unknown"
    short = said.partition(":")[0]
    return {"kind": "none", "text": short, "sort": None, "words": said,
            "count": 0}


def _table(names: list[str], columns: list[tuple[Section, str | None]],
           fields: list[list[dict]]) -> Table:
    titles = ["allocator"]
    for section, regime in columns:
        unit = "x reference" if regime is None else "MiB"
        workload = words.clean(section.workload, words.NAME_LIMIT)
        titles.append(f"{workload} {_column(regime)}, {unit}")
    return Table(titles, [
        [Value(name, name), *(_value(field) for field in row)]
        for name, row in zip(names, fields)])


def _value(field: dict) -> Value:
    interval = field.get("interval")
    known = f"{field['text']} {interval}".strip() if interval \
        else field["text"]
    count = f" (n {field['count']})" if field["count"] else ""
    return Value(known + count, field["sort"])
